import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { keepSecrets, makeDataFolder, wasUsed, writeCli, writeDemoEnv } from './data-folder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'corral-data-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777;

test('secrets are made once and kept over restarts, for their owner alone', () => {
  const made = keepSecrets(folder);
  expect(made.apiKey.length).toBeGreaterThanOrEqual(32);
  expect(made.tokenSecret.length).toBeGreaterThanOrEqual(32);
  expect(wasUsed(folder)).toBe(false);
  writeCli(folder, 'http://127.0.0.1:8080', made);
  expect(keepSecrets(folder)).toEqual(made);
  expect(wasUsed(folder)).toBe(true);
  expect(modeOf('cli.json')).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['cli.json']);
});

test('two folders have two keys', () => expect(keepSecrets(folder).apiKey).not.toBe(keepSecrets('/nowhere').apiKey));

test('a file that others could read is for its owner alone once it is written again', () => {
  writeFileSync(join(folder, 'cli.json'), '{"apiKey":"an old key"}', { mode: 0o644 });
  writeCli(folder, 'http://127.0.0.1:8080', keepSecrets(folder));
  expect(modeOf('cli.json')).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder, 'cli.json'), 'utf8'))).toMatchObject({ apiKey: 'an old key' });
});

test('demo.env can be sourced, whatever the key holds', () => {
  const key = `it's "$HOME" \`id\` and so on`;
  writeDemoEnv(folder, 'http://127.0.0.1:8080', key);
  expect(modeOf('demo.env')).toBe(0o600);
  const script = `. ${folder}/demo.env && printf %s "$CORRAL_URL $CORRAL_API_KEY"`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`http://127.0.0.1:8080 ${key}`);
});

test('a folder is made for its owner alone, and one that cannot be is a sentence', () => {
  makeDataFolder(join(folder, 'a/b'));
  expect(modeOf('a/b')).toBe(0o700);
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeDataFolder(join(folder, 'file/b'))).toThrow(
    `the data folder ${join(folder, 'file/b')} cannot be used (ENOTDIR): name another one with CORRAL_DATA_DIR`,
  );
});
