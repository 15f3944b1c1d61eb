import { sha256 } from '@noble/hashes/sha2';
import type { Cause, GeofenceEvent, ViolationKind } from './fact';

/**
 * What is the id of this geofence event? Equal for the same decision wherever and whenever it is made, and stable for ever:
 * customers hold these ids. 26 characters of base32 (130 bits) of SHA-256, so never a `.`, which Standard Webhooks forbids.
 */
export function geofenceEventId(
  fleetId: string,
  vehicleId: string,
  zoneId: string,
  kind: GeofenceEvent['kind'],
  cause: Cause,
  at: number,
): string {
  return `evt_${fingerprintOf([fleetId, vehicleId, zoneId, kind, cause, at])}`;
}

/** What is the id of this violation? `at` is when it was opened. As stable as the id of a geofence event. */
export function violationId(
  fleetId: string,
  vehicleId: string,
  zoneId: string | undefined,
  kind: ViolationKind,
  at: number,
): string {
  return `vio_${fingerprintOf([fleetId, vehicleId, zoneId ?? '', kind, '', at])}`;
}

/** Twenty-six characters that stand for these values: RFC 4648's base32 in lower case over SHA-256 of their JSON. */
export function fingerprintOf(values: readonly unknown[]): string {
  const digest = sha256(JSON.stringify(values));
  let text = '';
  let bits = 0;
  let held = 0;
  for (let i = 0; text.length < LENGTH;) {
    if (held < 5) {
      bits = ((bits << 8) | digest[i]!) & 0xfff;
      held += 8;
      i += 1;
    }
    held -= 5;
    text += ALPHABET[(bits >> held) & 31];
  }
  return text;
}

const LENGTH = 26;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
