import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv, relFolder, writeEnv } from './rel-folder';

const root = mkdtempSync(join(tmpdir(), 'corral-rel-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('$REL', () => {
  it('keeps an environment that sh can source, whatever stands in a value', () => {
    const folder = relFolder({ REL: root });
    const values = { INGESTION: 'http://127.0.0.1:1', CORRAL_API_KEY: `it's a "key" of $5` };
    writeEnv(folder, values);
    expect(readEnv(folder)).toEqual(values);
  });

  it('says what to do where nothing was ever brought up', () => {
    expect(() => readEnv(relFolder({ REL: join(root, 'nowhere') }))).toThrow(/run `rel up` first/);
  });

  it('has a control socket whose address fits, however deep the folder is', () => {
    const deep = relFolder({ REL: join(root, 'a-rather-long-name/'.repeat(8)) });
    expect(Buffer.byteLength(deep.socket)).toBeLessThanOrEqual(100);
    expect(relFolder({ REL: '/r' }).socket).toBe('/r/run/control.sock');
  });
});
