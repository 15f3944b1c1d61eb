/** What a W3C `traceparent` says. */
export interface TraceIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: of the span that is the parent. */
  readonly spanId: string;
}

// https://www.w3.org/TR/trace-context/#traceparent-header; versions above 00 may have more behind the flags.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})($|-)/;

/** Reads a `traceparent` that came from outside; undefined for anything that is none. */
export function readTraceparent(text: string | undefined): (TraceIds & { readonly sampled: boolean }) | undefined {
  const found = text === undefined || text.length > 128 ? null : TRACEPARENT.exec(text);
  if (!found) return undefined;
  const [, version, traceId, spanId, flags, more] = found;
  if (version === '00' && more === '-') return undefined;
  return { traceId: traceId!, spanId: spanId!, sampled: (parseInt(flags!, 16) & 1) === 1 };
}

/** The ids of a `traceparent` of ours. */
export function idsOf(traceparent: string): TraceIds {
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52) };
}

/** The `traceparent` of a sampled span. */
export function traceparentOf({ traceId, spanId }: TraceIds): string {
  return `00-${traceId}-${spanId}-01`;
}
