import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from './api';
import type { Deployment } from './deployment';
import { freePort } from './free-port';
import { startProgram, untilPrinted, type Program } from './program';

const API_KEY = 'an-api-key-for-the-end-to-end-tests-0001';

/** How an embedded Corral is started. */
export interface EmbeddedOptions {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

/** `corral up` in a data folder of its own, on a port that stays over restarts. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Deployment> {
  const dataDir = mkdtempSync(join(tmpdir(), 'corral-e2e-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let program: Program;
  async function start(): Promise<void> {
    program = startProgram(
      'corral',
      'apps/corral/bin/corral.cjs',
      ['up', '--port', String(port), ...(options.args ?? [])],
      {
        CORRAL_DATA_DIR: dataDir,
        CORRAL_BOOTSTRAP_API_KEY: API_KEY,
        CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
        LOG_LEVEL: 'warn',
        ...options.env,
      },
    );
    await untilPrinted(program, /Corral is ready/, 60_000);
  }
  await start();
  const api = createApi(url, API_KEY);
  return {
    kind: 'embedded',
    ingestion: api,
    gateway: api,
    cli: { CORRAL_URL: url, CORRAL_API_KEY: API_KEY },
    programs: () => new Map([['corral', program]]),
    async killAndRestart() {
      await program.end('SIGKILL');
      await start();
    },
    async stop() {
      await program.end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
