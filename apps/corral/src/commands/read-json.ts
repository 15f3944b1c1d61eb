import { readFileSync } from 'node:fs';
import { CommandFailure } from './api-client';

/** Reads a file of JSON, or says why it cannot be read. */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandFailure(`${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`, {
      cause,
    });
  }
  try {
    // Editors of some systems begin a text with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    throw new CommandFailure(`${path} is not JSON`, { cause });
  }
}
