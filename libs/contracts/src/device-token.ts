import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a device token says: whose heartbeats it may send, and the how-manieth token of that vehicle it is, from 1. */
export interface DeviceToken {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly number: number;
}

/** Makes device tokens, and tells them from forged ones, without looking anything up. */
export interface DeviceTokens {
  issue(token: DeviceToken): string;
  /** What a token says; undefined for one that was not made under this secret. Whether it still lives only a deny list knows. */
  verify(text: string): DeviceToken | undefined;
}

const PREFIX = 'crl_dev_';
/** No longer than the longest ids make them: 63 bytes of a fleet, 128 characters of up to four bytes of a vehicle. */
const SHAPE = /^crl_dev_(([\w-]{2,84})\.([\w-]{2,683})\.([1-9]\d{0,9}))\.([\w-]{43})$/;

/** Whether a credential claims to be a device token. */
export function isDeviceToken(credential: string): boolean {
  return credential.startsWith(PREFIX);
}

/**
 * Device tokens under the secret that gateway and ingestion share: `crl_dev_<fleet>.<vehicle>.<number>.<mac>`, the ids and the mac in base64url, the
 * number in digits, the mac an HMAC-SHA-256 of what stands before it under a key of the fleet. Without a secret only the process that issued a
 * token can verify it.
 */
export function createDeviceTokens(secret: string | undefined): DeviceTokens {
  const master = secret ?? randomBytes(32);
  const keys = new Map<string, Buffer>();

  function keyOf(fleetId: string): Buffer {
    return keys.get(fleetId) ?? Buffer.from(hkdfSync('sha256', master, '', `corral device token ${fleetId}`, 32));
  }

  return {
    issue({ fleetId, vehicleId, number }) {
      const said = `${encode(fleetId)}.${encode(vehicleId)}.${number}`;
      const key = keyOf(fleetId);
      keys.set(fleetId, key);
      return `${PREFIX}${said}.${macOf(said, key)}`;
    },
    verify(text) {
      const [, said, fleet, vehicle, number, mac] = SHAPE.exec(text) ?? [];
      if (said === undefined || mac === undefined) return undefined;
      const fleetId = decode(fleet!);
      const key = keyOf(fleetId);
      // As texts: base64url spells one mac in several ways, and only one of them is ours.
      if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(said, key)))) return undefined;
      // Only now: a stranger may name any number of fleets.
      keys.set(fleetId, key);
      return { fleetId, vehicleId: decode(vehicle!), number: Number(number) };
    },
  };
}

function macOf(said: string, key: Buffer): string {
  return createHmac('sha256', key).update(said).digest('base64url');
}

function encode(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString();
}
