import { Worker } from 'node:worker_threads';
import type { ZoneImportOptions } from '@corral/domain';
import { readZoneFile, type ZoneFileRead } from './read-zone-file';

/** From so many bytes on a thread of its own (some 50 ms until it begins) is better than making everybody wait. */
const WORTH_A_THREAD = 256 * 1024;

/**
 * `readZoneFile` in a thread of its own where the file is large: one of 49 MB takes 1.3 s, and who else asks this process is answered
 * meanwhile. A file that needs more memory than a thread may have is an error of that thread, not the end of the process.
 */
export async function readZoneFileAside(
  bytes: Uint8Array,
  options: ZoneImportOptions,
  // A file of its own beside the bundle, by this name (tools/build/bundle.mjs).
  workerFile: string = require.resolve('@corral/database/zone-file-worker'),
): Promise<ZoneFileRead> {
  // Run from its sources, as by tests, there is no file that a thread could be made of.
  if (bytes.length < WORTH_A_THREAD || workerFile.endsWith('.ts')) return readZoneFile(bytes, options);
  const worker = new Worker(workerFile, { workerData: { bytes, options } });
  return await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => reject(new Error(`read a zone file of ${bytes.length} bytes`, { cause })));
    worker.once('exit', (code) =>
      reject(new Error(`read a zone file: its thread ended with ${code} and said nothing`)),
    );
  });
}
