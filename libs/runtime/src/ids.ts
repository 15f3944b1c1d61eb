/** Loaded with the first id: it takes Node 10 ms, and probes are answered without. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** A UUID version 7 (RFC 9562): 48 bits of time, then chance; so ids made later sort later. */
export function uuidv7(now: number = Date.now()): string {
  const bytes = crypto().randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new id that says what it is of: `whe_0199…`. */
export function newId(prefix: string): string {
  return `${prefix}_${uuidv7().replaceAll('-', '')}`;
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256Hex(value: string | Uint8Array): string {
  return crypto().createHash('sha256').update(value).digest('hex');
}
