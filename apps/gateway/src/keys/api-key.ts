import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHAPE = /^crl_key_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

/** A key just made. Only `hash` is kept. */
export interface MadeApiKey {
  readonly keyId: string;
  /** `crl_key_<keyId>_<secret>_<crc>`: told once. */
  readonly key: string;
  readonly hash: Buffer;
}

/** A new key: 32 random bytes, with a prefix and a checksum for secret scanners. */
export function makeApiKey(): MadeApiKey {
  const keyId = base62(randomBytes(9), 12).slice(-12);
  const body = `${keyId}_${base62(randomBytes(32), 43)}`;
  const key = `crl_key_${body}_${checksum(body)}`;
  return { keyId, key, hash: hashOfKey(key) };
}

/** SHA-256 of the whole key: with 256 bits of chance inside, nothing slower is needed. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/**
 * Whether this could be a key: what has the form of ours must have a right checksum, so that a typo never reaches the database. The bootstrap key
 * is whatever the operator typed, but long.
 */
export function couldBeKey(text: string): boolean {
  const match = SHAPE.exec(text);
  if (match !== null) return checksum(`${match[1]}_${match[2]}`) === match[3];
  return text.length >= 32 && text.length <= 512;
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return base62(bytes, 6);
}

function base62(bytes: Uint8Array, width: number): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 62n) text = DIGITS[Number(number % 62n)]! + text;
  return text.padStart(width, '0');
}
