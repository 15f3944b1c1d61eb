import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One line of an NDJSON file: its number (from 1), and its value or why it has none. */
export type NdjsonLine =
  | { readonly number: number; readonly kind: 'value'; readonly value: unknown }
  | { readonly number: number; readonly kind: 'not_json' };

/** Reads NDJSON line by line, from a file or, for `-`, from standard input. Blank lines are passed over. */
export async function* readNdjson(path: string, signal?: AbortSignal): AsyncGenerator<NdjsonLine> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  // readline does not pass a stream's error on to its iterator.
  const failed = new Promise<never>((_, reject) =>
    input.once('error', (cause) => reject(new Error(`read ${path}`, { cause }))),
  );
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Infinity, signal })[Symbol.asyncIterator]();
  for (let number = 1; ; number += 1) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) return;
    if (next.value.trim() === '') continue;
    try {
      yield { number, kind: 'value', value: JSON.parse(next.value) as unknown };
    } catch {
      yield { number, kind: 'not_json' };
    }
  }
}
