import { AsyncLocalStorage } from 'node:async_hooks';
import type { Sampling } from './sampling';
import type { Span, SpanStart } from './span';
import { idsOf, readTraceparent } from './trace-parent';

/** Makes the spans; OpenTelemetry, once it is loaded. */
export type StartSpan = (name: string, start: SpanStart) => Span;

/** What a process traces with. As long as nobody asked for traces each of these is one comparison and answers undefined. */
export interface Tracer {
  /** Work that somebody outside asked for. Undefined unless it is sampled, which is decided before anything is made. */
  enter(name: string, incoming: string | undefined, start: () => Omit<SpanStart, 'parent'>): Span | undefined;
  /** Work that goes on with a trace of ours. Undefined without one. */
  follow(name: string, parent: string | undefined, start: () => Omit<SpanStart, 'parent'>): Span | undefined;
  /** What should be seen however it was sampled, such as a failure: begins a trace, a few times a second at most. */
  notice(name: string, start: () => SpanStart): Span | undefined;
  /** Runs the work so that its log lines name the span's trace. */
  within<T>(span: Span | undefined, work: () => T): T;
}

/** So many traces that nobody sampled may begin in a second. */
const NOTICED_A_SECOND = 10;

let made: { startSpan: StartSpan; sampling: Sampling } | undefined;
let noticed = { second: 0, traces: 0 };
const running = new AsyncLocalStorage<Span>();

/** Where traces of this process come from. One for the process, as its standard output is: a trace goes through all rooms. */
export const tracer: Tracer = {
  enter(name, incoming, start) {
    if (made === undefined || !made.sampling(incoming)) return undefined;
    // What comes from outside is read before it is passed on.
    const parent = readTraceparent(incoming) === undefined ? undefined : incoming;
    return made.startSpan(name, parent === undefined ? start() : { ...start(), parent });
  },
  follow(name, parent, start) {
    if (made === undefined || parent === undefined) return undefined;
    return made.startSpan(name, { ...start(), parent });
  },
  notice(name, start) {
    if (made === undefined) return undefined;
    const second = Math.floor(performance.now() / 1000);
    if (noticed.second !== second) noticed = { second, traces: 0 };
    if (++noticed.traces > NOTICED_A_SECOND) return undefined;
    return made.startSpan(name, start());
  },
  within: (span, work) => (span === undefined ? work() : running.run(span, work)),
};

/** From now on spans are made; undefined turns them off again. */
export function traceWith(maker: { startSpan: StartSpan; sampling: Sampling } | undefined): void {
  made = maker;
}

/** The fields by which a log line is found from its trace. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  if (made === undefined) return {};
  const span = running.getStore();
  if (span === undefined) return {};
  const { traceId, spanId } = idsOf(span.traceparent);
  return { trace_id: traceId, span_id: spanId };
}
