import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNdjson, type NdjsonLine } from './ndjson';

const folder = mkdtempSync(join(tmpdir(), 'corral-ndjson-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function linesOf(content: string): Promise<NdjsonLine[]> {
  const path = join(folder, 'recording.ndjson');
  writeFileSync(path, content);
  const lines: NdjsonLine[] = [];
  for await (const line of readNdjson(path)) lines.push(line);
  return lines;
}

test('each line has its number, blank ones count and are passed over, and one that is not JSON says so', async () => {
  expect(await linesOf('{"a":1}\r\n\n  \nnot JSON\n[2]')).toEqual([
    { number: 1, kind: 'value', value: { a: 1 } },
    { number: 4, kind: 'not_json' },
    { number: 5, kind: 'value', value: [2] },
  ]);
});

test('an empty recording has no lines', async () => expect(await linesOf('')).toEqual([]));

test('a file that is not there is an error that names it', async () => {
  const missing = join(folder, 'missing.ndjson');
  await expect(readNdjson(missing).next()).rejects.toThrow(`read ${missing}`);
});
