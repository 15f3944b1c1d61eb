import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryFile } from './directory-file';
import type { DirectorySnapshot } from './directory-snapshot';

const snapshot: DirectorySnapshot = {
  takenAt: 1_800_000_000_000,
  fleetIds: ['default'],
  keys: [
    {
      fleetId: 'default',
      keyId: 'one',
      hash: 'a'.repeat(64),
      scopes: ['heartbeats:write'],
      expiresAt: 1_900_000_000_000,
    },
  ],
  deniedTokens: [{ fleetId: 'default', vehicleId: 'bike-42', number: 2, from: 1_800_000_000_000 }],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-directory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was saved is loaded, by us alone, and nothing else is left behind', async () => {
  const path = join(folder, 'made', 'on', 'demand', 'directory.json');
  const file = createDirectoryFile(path);
  await file.save({ ...snapshot, takenAt: 1 });
  await file.save(snapshot);
  expect(await createDirectoryFile(path).load()).toEqual(snapshot);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'made', 'on', 'demand'))).toEqual(['directory.json']);
});

test('without a file there is no snapshot', async () => {
  expect(await createDirectoryFile(join(folder, 'directory.json')).load()).toBeUndefined();
});

test.each([
  ['half a file', '{"format":1,"takenAt":18'],
  ['another format', JSON.stringify({ format: 3, ...snapshot })],
  ['one of before there were device tokens', JSON.stringify({ format: 1, ...snapshot })],
  ['no deny list', JSON.stringify({ format: 2, ...snapshot, deniedTokens: undefined })],
  [
    'no number',
    JSON.stringify({ format: 2, ...snapshot, deniedTokens: [{ ...snapshot.deniedTokens[0], number: '2' }] }),
  ],
  ['no hash', JSON.stringify({ format: 2, ...snapshot, keys: [{ ...snapshot.keys[0], hash: 'crl_key_plain' }] })],
  ['no list', JSON.stringify({ format: 2, ...snapshot, keys: {} })],
  ['nothing', 'null'],
])('%s is no snapshot', async (_what, text) => {
  const path = join(folder, 'directory.json');
  writeFileSync(path, text);
  expect(await createDirectoryFile(path).load()).toBeUndefined();
});

test('a file that cannot be read is said by its path', async () => {
  await expect(createDirectoryFile(folder).load()).rejects.toThrow(`read the directory snapshot ${folder}`);
});
