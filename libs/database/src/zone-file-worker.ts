import { parentPort, workerData } from 'node:worker_threads';
import type { ZoneImportOptions } from '@corral/domain';
import { readZoneFile } from './read-zone-file';

// The thread of `readZoneFileAside`: reads one file, says what became of it, and ends.
const { bytes, options } = workerData as { bytes: Uint8Array; options: ZoneImportOptions };
const read = readZoneFile(bytes, options);
parentPort!.postMessage(read, read.kind === 'ok' ? [read.definition.buffer as ArrayBuffer] : []);
