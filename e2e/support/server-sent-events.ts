import { request } from 'node:http';

/** One event of a stream. */
export interface StreamedEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

/** Follows a stream of server-sent events until closed; comments are passed over. */
export function readEvents(
  url: string,
  apiKey: string,
  onEvent: (event: StreamedEvent) => void,
  lastEventId?: string,
): { close(): void } {
  const call = request(url, {
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  call.on('error', () => undefined); // closing ends it in the middle
  call.on('response', (response) => {
    let text = '';
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (event !== undefined) onEvent(event);
      }
    });
  });
  call.end();
  return { close: () => call.destroy() };
}

function parse(block: string): StreamedEvent | undefined {
  const fields = new Map(
    block
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()] as const),
  );
  const data = fields.get('data');
  return data === undefined ? undefined : { id: fields.get('id'), event: fields.get('event'), data };
}
