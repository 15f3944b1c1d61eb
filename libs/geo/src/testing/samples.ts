import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The folder of real inputs that `CORRAL_SAMPLES` names, or undefined. Without it the caller says aloud what it leaves out;
 * in CI its absence is a failure.
 */
export function samplesFolder(whatIsLeftOut: string): string | undefined {
  const folder = process.env.CORRAL_SAMPLES;
  if (folder) return folder;
  if (process.env.CI) throw new Error(`CORRAL_SAMPLES names no folder, so in CI this is missing: ${whatIsLeftOut}`);
  console.warn(`left out: ${whatIsLeftOut} (CORRAL_SAMPLES names no folder)`);
  return undefined;
}

/** What does a JSON file of the samples say? NaN, which JTS's cases hold and JSON cannot, is read as NaN. */
export function readSample<T>(folder: string, name: string): T {
  const text = readFileSync(path.join(folder, name), 'utf8').replace(/^NaN(,?)$/gm, '"NaN"$1');
  return JSON.parse(text, (_key, value: unknown) => (value === 'NaN' ? Number.NaN : value)) as T;
}
