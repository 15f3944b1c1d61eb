import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZoneFile, type ZoneFileRead } from './read-zone-file';
import { readZoneFileAside } from './read-zone-file-aside';

const folder = mkdtempSync(join(tmpdir(), 'corral-zone-file-'));
const worker = join(folder, 'zone-file-worker.cjs');

// As tools/build/bundle.mjs lays it beside a program.
beforeAll(() => {
  const esbuild = join(__dirname, '../../../node_modules/.bin/esbuild');
  const options = ['--bundle', '--platform=node', '--format=cjs', '--log-level=warning', `--outfile=${worker}`];
  execFileSync(esbuild, [join(__dirname, 'zone-file-worker.ts'), ...options], { stdio: 'pipe' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** So many zones of a hundred corners, 4 KB each, one of them crossing itself. */
function aLargeFile(zones: number): Uint8Array {
  const features = Array.from({ length: zones }, (_, zone) => {
    const ring = Array.from({ length: 100 }, (_each, i) => {
      const angle = (2 * Math.PI * i) / 100;
      return [4.9 + zone * 0.001 + Math.cos(angle) / 3_000, 52.3 + Math.sin(angle) / 3_000];
    });
    if (zone === 1) [ring[10], ring[60]] = [ring[60]!, ring[10]!];
    const geometry = { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
    return { type: 'Feature', id: `zone-${zone}`, properties: { name: `Zone ${zone} é` }, geometry };
  });
  return new TextEncoder().encode(JSON.stringify({ type: 'FeatureCollection', features }));
}

test('a large file is read by a thread as it would be read here, and others have their turns meanwhile', async () => {
  const file = aLargeFile(1_000);
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  const reading = readZoneFileAside(file, { profile: 'immediate' }, worker);
  const read = await reading.finally(() => clearInterval(others));
  const here = readZoneFile(file, { profile: 'immediate' });
  const text = (one: ZoneFileRead) => (one.kind === 'ok' ? Buffer.from(one.definition).toString() : one.kind);
  expect(text(read) === text(here)).toBe(true);
  expect({ ...read, definition: 0 }).toEqual({ ...here, definition: 0 });
  expect(read).toMatchObject({ kind: 'ok', origin: 'geojson', profile: 'immediate', zones: 999 });
  expect(read).toMatchObject({ refused: [{ index: 1 }], warnings: [] });
  // Read here, it would have been none.
  expect(turns).toBeGreaterThan(10);
});

test.each([
  ['not JSON', 'x'.repeat(300_000), { kind: 'not_json' }],
  ['not in UTF-8', Buffer.concat([Buffer.from([0xff]), Buffer.alloc(300_000, 32)]), { kind: 'not_json' }],
  ['a list', `[${'1,'.repeat(200_000)}1]`, { kind: 'no_object', value: [] }],
  ['a text', `"${'x'.repeat(300_000)}"`, { kind: 'no_object', value: expect.any(String) }],
  ['of no zones', `{"a":"${'x'.repeat(300_000)}"}`, { kind: 'refused', code: 'document_not_recognised' }],
])('a large file that is %s is told as such, by the thread and here', async (_what, text, told) => {
  const bytes = Buffer.from(text as string);
  expect(await readZoneFileAside(bytes, {}, worker)).toMatchObject(told);
  expect(readZoneFile(bytes, {})).toMatchObject(told);
});

test('a thread that ends without an answer, or cannot begin, is an error and not a wait for ever', async () => {
  const silent = join(folder, 'silent.cjs');
  writeFileSync(silent, 'process.exit(3);');
  const file = aLargeFile(100);
  await expect(readZoneFileAside(file, {}, silent)).rejects.toThrow('ended with 3');
  const broken = join(folder, 'broken.cjs');
  writeFileSync(broken, 'throw new Error("no memory");');
  await expect(readZoneFileAside(file, {}, broken)).rejects.toThrow(`read a zone file of ${file.length} bytes`);
});

test('a small file is read at once', async () => {
  const small = aLargeFile(3);
  expect(await readZoneFileAside(small, {}, join(folder, 'there is none.cjs'))).toEqual(readZoneFile(small, {}));
});
