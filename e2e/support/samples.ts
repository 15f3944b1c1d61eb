import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A suite over the real sample inputs that CORRAL_SAMPLES names; left out, and said aloud, without them; in CI that is a failure. */
export function samplesSuite(name: string, body: (sample: (path: string) => string) => void): void {
  const folder = process.env.CORRAL_SAMPLES;
  if (folder !== undefined && existsSync(folder)) return describe(name, () => body((path) => join(folder, path)));
  if (process.env.CI) return void it(`${name} needs CORRAL_SAMPLES`, () => expect(folder).toBeDefined());
  console.warn(`left out, for want of samples (CORRAL_SAMPLES): ${name}`);
  describe.skip(name, () => body((path) => path));
}
