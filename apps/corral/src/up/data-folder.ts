import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '@corral/runtime';

/** What an embedded Corral keeps for itself and for the command line: `cli.json`, readable by its owner alone. */
export interface KeptSecrets {
  readonly apiKey: string | undefined;
  readonly tokenSecret: string | undefined;
}

/** Makes the data folder, for its owner alone. Throws a sentence where it cannot be. */
export function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new Error(`the data folder ${dataDir} cannot be used (${reason}): name another one with CORRAL_DATA_DIR`);
  }
}

/** Whether a Corral has run here before. */
export function wasUsed(dataDir: string): boolean {
  return existsSync(join(dataDir, 'cli.json'));
}

/** The secrets of a data folder, made at the first start and kept over restarts. */
export function keepSecrets(dataDir: string): { apiKey: string; tokenSecret: string } {
  const kept = readCli(dataDir);
  return {
    apiKey: kept.apiKey ?? `crl_local_${randomBytes(24).toString('hex')}`,
    tokenSecret: kept.tokenSecret ?? randomBytes(32).toString('hex'),
  };
}

/** Leaves for `corral …` on this machine where this Corral is and how to get in. */
export function writeCli(dataDir: string, url: string, secrets: KeptSecrets): void {
  writePrivate(join(dataDir, 'cli.json'), `${JSON.stringify({ url, ...secrets }, null, 2)}\n`);
}

/** Leaves for the README's lines, to be sourced by a shell, the same. */
export function writeDemoEnv(dataDir: string, url: string, apiKey: string): void {
  writePrivate(join(dataDir, 'demo.env'), `CORRAL_URL=${quoted(url)}\nCORRAL_API_KEY=${quoted(apiKey)}\n`);
}

function readCli(dataDir: string): Partial<KeptSecrets> {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'cli.json'), 'utf8')) as Partial<KeptSecrets>;
  } catch {
    return {}; // the first start
  }
}

/** Whole or not at all: a kill in the middle must not leave half a secret. */
function writePrivate(path: string, content: string): void {
  const written = `${path}.${process.pid}`;
  makeFolder(dirname(path));
  writeFileSync(written, content, { mode: 0o600 });
  chmodSync(written, 0o600);
  renameSync(written, path);
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
