import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment, ROOT } from './program';

/** Builds the services' bundles where one is missing or older than its sources. */
export function freshBundles(): void {
  const sources = ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => newest(join(ROOT, group, name, 'src'))),
  );
  const changedAt = Math.max(...sources);
  const stale = readdirSync(join(ROOT, 'apps')).some((name) => {
    const bundle = join(ROOT, 'apps', name, 'dist/main.cjs');
    return (
      existsSync(join(ROOT, 'apps', name, 'src/main.ts')) && (!existsSync(bundle) || modifiedAt(bundle) < changedAt)
    );
  });
  if (!stale) return;
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: bareEnvironment(),
  });
  if (status !== 0) throw new Error(`npm run build: ${stderr}`);
}

function newest(folder: string): number {
  if (!existsSync(folder)) return 0;
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    if (entry.name.endsWith('.test.ts')) return 0;
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : modifiedAt(path);
  });
  return Math.max(0, ...times);
}

function modifiedAt(path: string): number {
  return statSync(path).mtimeMs;
}
