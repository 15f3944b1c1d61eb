import type { QuietSettings, ZoneQuiet } from './quiet';
import { isObject } from './read-zone-document';
import type { Warn } from './zone-import';

/** What a file says about how zones are decided. */
export type ReadQuiet = ZoneQuiet & QuietSettings;

/**
 * Does the member `quiet` of a zone (or of the whole file) say how it is decided? `profile`, `confirm_at` (0.5 to 50 standard
 * deviations), `margin_m` (0 to 1,000), and of the file `noise_m` (1 to 100). Anything else is somebody's own property of that name:
 * it changes nothing, and that is said.
 */
export function readQuiet(value: unknown, path: string, warn: Warn): ReadQuiet | undefined {
  if (value === undefined || value === null) return undefined;
  const quiet = isObject(value) ? readMembers(value) : undefined;
  if (!quiet)
    warn('quiet_ignored', path, 'profile, confirm_at, margin_m or noise_m with a usable value: it changes nothing');
  return quiet;
}

function readMembers(value: { readonly [member: string]: unknown }): ReadQuiet | undefined {
  const read: { -readonly [member in keyof ReadQuiet]: ReadQuiet[member] } = {};
  for (const [member, said] of Object.entries(value)) {
    if (member === 'profile' && (said === 'immediate' || said === 'confirmed')) read.profile = said;
    else if (member === 'confirm_at' && isWithin(said, 0.5, 50)) read.confirmAt = said;
    else if (member === 'margin_m' && isWithin(said, 0, 1_000)) read.marginM = said;
    else if (member === 'noise_m' && isWithin(said, 1, 100)) read.noiseM = said;
    else return undefined;
  }
  return Object.keys(read).length > 0 ? read : undefined;
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}
