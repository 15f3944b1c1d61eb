import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** One line of an NDJSON file: its number (from 1), and its value or why it has none. */
export type NdjsonLine =
  | { readonly number: number; readonly kind: 'value'; readonly value: unknown }
  | { readonly number: number; readonly kind: 'not_json' };

/** Reads NDJSON line by line, from a file or, for `-`, from standard input. Blank lines are passed over. */
export async function* readNdjson(path: string, signal?: AbortSignal): AsyncGenerator<NdjsonLine> {
  for await (const lines of readNdjsonBlocks(path, signal)) yield* lines;
}

/** The same, as many lines at a time as were read at once: waiting for each line costs more than reading it. */
export async function* readNdjsonBlocks(path: string, signal?: AbortSignal): AsyncGenerator<readonly NdjsonLine[]> {
  let number = 0;
  try {
    for await (const texts of readLines(path, signal)) {
      const lines: NdjsonLine[] = [];
      for (const text of texts) {
        number += 1;
        const line = parse(number, text);
        if (line) lines.push(line);
      }
      yield lines;
    }
  } catch (cause) {
    if (signal?.aborted) return;
    throw new Error(`read ${path}`, { cause });
  }
}

async function* readLines(path: string, signal: AbortSignal | undefined): AsyncGenerator<readonly string[]> {
  const input = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  const stop = () => input.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const decoder = new StringDecoder('utf8');
  let begun = '';
  try {
    for await (const chunk of input) {
      const texts = (begun + decoder.write(chunk as Buffer)).split('\n');
      begun = texts.pop()!;
      yield texts;
    }
    yield [begun + decoder.end()];
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function parse(number: number, text: string): NdjsonLine | undefined {
  try {
    return { number, kind: 'value', value: JSON.parse(text) as unknown };
  } catch {
    return text.trim() === '' ? undefined : { number, kind: 'not_json' };
  }
}
