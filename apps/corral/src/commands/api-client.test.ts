import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectApi, explain } from './api-client';

const folder = mkdtempSync(join(tmpdir(), 'corral-cli-'));
writeFileSync(join(folder, 'cli.json'), JSON.stringify({ url: 'http://127.0.0.1:8080', apiKey: 'kept' }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CORRAL_DATA_DIR = folder;

test('an embedded Corral is found through its data folder', () => {
  expect(connectApi({ CORRAL_DATA_DIR }).url).toBe('http://127.0.0.1:8080');
});

test('the environment wins, and the kept key is never shown to another server', () => {
  const env = { CORRAL_DATA_DIR, CORRAL_URL: 'https://corral.example' };
  expect(connectApi({ ...env, CORRAL_API_KEY: 'ours' }).url).toBe('https://corral.example');
  expect(() => connectApi(env)).toThrow('Where is Corral, and who are you?');
});

test.each([['127.0.0.1:8080'], ['corral'], ['file:///etc/passwd']])(
  'CORRAL_URL=%s is refused with a sentence',
  (url) => {
    expect(() => connectApi({ CORRAL_DATA_DIR, CORRAL_URL: url, CORRAL_API_KEY: 'ours' })).toThrow(
      `CORRAL_URL must be a URL such as http://127.0.0.1:8080, not "${url}"`,
    );
  },
);

test('a problem is told in the server’s words, with what was refused', () => {
  const answer = (body: unknown) => explain({ status: 422, headers: new Headers(), body });
  expect(answer({ code: 'invalid', detail: 'It is not so.', field: 'lat', value: 91 })).toBe(
    'It is not so. (lat: 91) [422 invalid]',
  );
  expect(answer('<html>')).toBe('status 422');
});
