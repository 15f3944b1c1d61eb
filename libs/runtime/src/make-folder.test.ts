import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'make-folder-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const codeOf = (path: string) => {
  try {
    makeFolder(path);
    return 'made';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

describe('a folder', () => {
  it('is made with all that is missing above it, for its owner alone', () => {
    makeFolder(join(folder, 'a/b/c'));
    for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700);
  });

  it('that is there stays as it is', () => {
    chmodSync(folder, 0o755);
    makeFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  it('is refused where something else is in the way, and where a link leads nowhere', () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    expect(codeOf(join(folder, 'file'))).toBe('ENOTDIR');
    expect(codeOf(join(folder, 'file/below'))).toBe('ENOTDIR');
    expect(codeOf(join(folder, 'link/below'))).toBe('ENOENT');
  });

  (existsSync('/proc/self') ? it : it.skip)('below /proc is refused at once', () => {
    expect(codeOf('/proc/x')).toBe('ENOENT');
    expect(codeOf('/proc/x/y')).toBe('ENOENT');
  });
});
