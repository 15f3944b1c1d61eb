import type { Span, SpanStart } from './span';
import { tracer } from './tracer';

/** A piece of work on many things at once, some of which are traced. */
export interface TracedBatch {
  /** Nothing in it is traced. */
  readonly nothing: boolean;
  /** By which what comes of a thing goes on with the thing's trace, given the thing's own `traceparent`. */
  traceparentFor(traceparent: string | undefined): string | undefined;
  /** The `traceparent` of one of its spans, to stand for what the whole batch took. */
  example(): string | undefined;
  /** Done; or failed, in a word. */
  end(failure?: string): void;
}

/** More are not followed one by one: a batch of thousands must not become thousands of spans. */
const FOLLOWED = 64;

const NOTHING: TracedBatch = {
  nothing: true,
  traceparentFor: () => undefined,
  example: () => undefined,
  end: () => undefined,
};

/**
 * One span for the batch, linked to what is traced in it, and in each of those traces one of the same name, so that a trace is whole
 * from end to end. Of a batch that has to do with one trace alone, the one in that trace is enough. Nothing traced, nothing made.
 */
export function traceBatch(
  name: string,
  things: Iterable<{ readonly traceparent?: string }>,
  start: () => Omit<SpanStart, 'parent' | 'links'>,
): TracedBatch {
  let traced: Set<string> | undefined;
  for (const { traceparent } of things) {
    if (traceparent === undefined) continue;
    if ((traced ??= new Set()).size < FOLLOWED) traced.add(traceparent);
  }
  if (traced === undefined) return NOTHING;

  const spans = new Map<string, Span>();
  const whole =
    traced.size > 1 ? tracer.notice(`${name} (batch)`, () => ({ ...start(), links: [...traced] })) : undefined;
  const links = whole && [whole.traceparent];
  for (const parent of traced) {
    const span = tracer.follow(name, parent, () => (links ? { ...start(), links } : start()));
    if (span) spans.set(parent, span);
  }
  // Tracing was turned off since the records were written.
  if (spans.size === 0) return NOTHING;
  return {
    nothing: false,
    traceparentFor: (traceparent) => (traceparent === undefined ? undefined : spans.get(traceparent)?.traceparent),
    example: () => spans.values().next().value?.traceparent,
    end(failure) {
      for (const span of spans.values()) span.end(failure);
      whole?.end(failure);
    },
  };
}
