/** A limit for what never comes, not a measure: a machine with other work takes seconds for what takes none. */
const UNTIL_MS = 30_000;

/** One event of a stream. */
export interface StreamedEvent {
  readonly event: string;
  readonly id?: string;
  // Tests look into events member by member.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** An open stream, as a browser's EventSource reads it. */
export interface EventStream {
  readonly status: number;
  readonly events: readonly StreamedEvent[];
  /** The id of the last block that had one, with data or without. */
  lastEventId(): string | undefined;
  comments(): number;
  /** Resolves once so many events came. */
  until(count: number): Promise<readonly StreamedEvent[]>;
  /** Resolves when the server ended it. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens a stream. */
export async function followEvents(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  const events: StreamedEvent[] = [];
  const waiting = new Set<() => void>();
  let lastEventId: string | undefined;
  let comments = 0;

  const ended = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of response.body!) {
        text += decoder.decode(bytes as Uint8Array, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          read(text.slice(0, end));
          text = text.slice(end + 2);
        }
        for (const look of waiting) look();
      }
    } catch {
      // Closed, by us or by the server.
    }
  })();

  function read(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments += 1;
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2));
    }
    const id = fields.get('id');
    if (id !== undefined) lastEventId = id;
    const data = fields.get('data');
    if (data === undefined) return;
    events.push({
      event: fields.get('event') ?? 'message',
      ...(id === undefined ? {} : { id }),
      data: JSON.parse(data),
    });
  }

  return {
    status: response.status,
    events,
    lastEventId: () => lastEventId,
    comments: () => comments,
    until: (count) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`only ${events.length} of ${count} events came`));
        }, UNTIL_MS);
        const look = () => {
          if (events.length < count) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(events);
        };
        waiting.add(look);
        look();
      }),
    ended,
    close: () => closing.abort(),
  };
}
