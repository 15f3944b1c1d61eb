/** What a span says beside its name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Which way a span looks: at a request that came, one that goes out, a message on its way, or only inwards. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** How a span begins. */
export interface SpanStart {
  readonly kind?: SpanKind;
  /** The `traceparent` of the span it belongs to; without one it begins a trace. */
  readonly parent?: string;
  /** The `traceparent`s of spans of other traces that have to do with it. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
  /** Epoch milliseconds; now when absent. */
  readonly startedAt?: number;
}

/** A piece of work that is being traced. It is told of only once it has ended. */
export interface Span {
  /** By which others go on with this trace. */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Done; or failed, in a word. Safe to call twice. */
  end(failure?: string): void;
}
