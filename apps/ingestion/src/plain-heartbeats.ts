import { parseTime, VEHICLE_STATES, type Heartbeat } from '@corral/domain';
import type { PackedRecords } from '@corral/messaging';
import { MOST_HEARTBEATS, type AcceptContext } from './accept';

/** Records of acceptable heartbeats, in order of time; and how many. */
export interface PlainHeartbeats {
  readonly records: PackedRecords;
  readonly count: number;
  /** Nobody looks at the records any more: what they stand in may be written anew. */
  letGo(): void;
}

/** Finds the heartbeats in a body and writes their records; undefined: not plain, to be read the long way. */
export type ReadPlainHeartbeats = (
  body: Buffer,
  context: AcceptContext,
  traceparent?: string,
) => PlainHeartbeats | undefined;

// Constants that are in the code where they are used: this is a loop over every byte of every heartbeat.
const enum Byte {
  Space = 0x20,
  Quote = 0x22,
  Plus = 0x2b,
  Comma = 0x2c,
  Minus = 0x2d,
  Dot = 0x2e,
  Zero = 0x30,
  Nine = 0x39,
  Colon = 0x3a,
  Z = 0x5a,
  OpenList = 0x5b,
  Backslash = 0x5c,
  CloseList = 0x5d,
  SmallE = 0x65,
  Open = 0x7b,
  Close = 0x7d,
}

const enum Kind {
  Id,
  Time,
  State,
  Number,
}

/** Places in {@link FIELDS}. */
const enum Field {
  VehicleId = 0,
  DeviceId = 1,
  MeasuredAt = 2,
  Lat = 3,
  Lng = 4,
  Sequence = 13,
  Count = 14,
}

const MOST = Number.MAX_VALUE;

/** The fields in the order in which a record has them (`encodeReport`), what each is, and between which numbers. All there are: else it is no type. */
const FIELDS: Readonly<Record<keyof Heartbeat, readonly [kind: Kind, least?: number, most?: number]>> = {
  vehicleId: [Kind.Id],
  deviceId: [Kind.Id],
  measuredAt: [Kind.Time],
  lat: [Kind.Number, -90, 90],
  lng: [Kind.Number, -180, 180],
  accuracyM: [Kind.Number, 0, MOST],
  speedMps: [Kind.Number, 0, MOST],
  headingDeg: [Kind.Number, 0, 360],
  altitudeM: [Kind.Number, -MOST, MOST],
  batteryPercent: [Kind.Number, 0, 100],
  state: [Kind.State],
  tripId: [Kind.Id],
  bootId: [Kind.Id],
  sequence: [Kind.Number, 0, Number.MAX_SAFE_INTEGER],
};
const KINDS = Uint8Array.from(Object.values(FIELDS), ([kind]) => kind);
const LEAST = Float64Array.from(Object.values(FIELDS), ([, least]) => least ?? 0);
const GREATEST = Float64Array.from(Object.values(FIELDS), ([, , most]) => most ?? 0);
/** With the quote that ends them, so that no name is taken for the beginning of another. */
const NAMES = Object.keys(FIELDS).map((name) => Buffer.from(`${name}"`));
const LEADS = Object.keys(FIELDS).map((name) => Buffer.from(`,"${name}":`));
const STATES = VEHICLE_STATES.map((word) => Buffer.from(`${word}"`));
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));
const LIST = Buffer.from('"heartbeats"');
const BEFORE_AT = Buffer.from(',"at":');
const TAIL = Buffer.from(',"flags":[]}');

const LONGEST_ID = 128;
/** ASCII that stands in JSON texts, and in ids, as it is. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= Byte.Space && byte <= 0x7e && byte !== Byte.Quote && byte !== Byte.Backslash ? 1 : 0,
);
const MOST_DIGITS = 15;
const TEN_TO = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, power) => 10 ** power);

/** From where on a clock that runs ahead shifts its vehicle's reports: those go the long way. */
const AHEAD_MS = 60_000;
/** Times of thirteen digits. */
const LEAST_TIME = 1e12;
const MOST_TIME = 1e13;
const MINUTE = 'yyyy-mm-ddThh:mm:'.length;

/** Of a record at most beside what its item has twice: names of fields, times, numbers that are longer when written out. */
const ITEM_OVERHEAD = 1_024;
/**
 * Records are written one behind the other into buffers of this size, which are used again once none of their records is on its way: memory
 * outside of the heap makes V8 mark all of it.
 */
const SLAB_BYTES = 256 * 1024;
const MOST_FREE_SLABS = 16;

interface Slab {
  readonly bytes: Buffer;
  /** Requests whose records stand in it. */
  users: number;
}

function makeSlab(bytes = SLAB_BYTES): Slab {
  return { bytes: Buffer.allocUnsafeSlow(bytes), users: 0 };
}

/**
 * What nearly every request holds, read without making an object of any heartbeat: flat objects of plain ASCII, of which every one is
 * acceptable. Its bytes are checked where they stand and copied into the record; only times, and numbers that JavaScript would spell
 * otherwise, are written anew. Anything else, above all whatever is to be refused, is for `parseJson` and `acceptHeartbeats`: they say
 * what is right, and a test compares both, byte by byte.
 */
export function createPlainReader(): ReadPlainHeartbeats {
  /** Of the item being read, by field: where its text begins, where it ends without needless zeros (−1: spelled anew, in `spelled`). */
  const from = new Int32Array(Field.Count);
  const to = new Int32Array(Field.Count + 1);
  /** The comma before its name, where nothing else lies between; else −1. */
  const lead = new Int32Array(Field.Count);
  const values = new Float64Array(Field.Count + 1);
  const spelled: string[] = NAMES.map(() => '');
  /** A bit for each field the item has. */
  let seen = 0;

  /** The id that the credential stands for, with a quote behind it; undefined when the heartbeats say whose they are. */
  let own: Buffer | undefined;

  /** Of the number read last. */
  let numberEnd = 0;
  const times = new Float64Array(MOST_HEARTBEATS);
  let lastState = 0;

  const minute = Buffer.alloc(MINUTE);
  let minuteAt = NaN;

  let keyHead = Buffer.alloc(0);
  let valueHead = Buffer.alloc(0);
  let headFleet: string | undefined;
  let headTime = 0;

  let slab = makeSlab();
  const freeSlabs: Slab[] = [];
  /** The same as `slab.bytes`. */
  let out = slab.bytes;
  let written = 0;

  function read(
    body: Buffer,
    { fleetId, vehicleId, receivedAt, maxAgeMs }: AcceptContext,
    traceparent?: string,
  ): PlainHeartbeats | undefined {
    if (vehicleId !== undefined && !isPlainId(vehicleId)) return undefined;
    own = vehicleId === undefined ? undefined : Buffer.from(`${vehicleId}"`, 'latin1');
    const idBytes = own === undefined ? 0 : own.length;
    makeHeads(fleetId, receivedAt);
    const bounds: number[] = [];
    let count = 0;
    let ordered = true;
    let used = written;

    let at = skipSpace(body, 0);
    if (body[at] !== Byte.Open) return undefined;
    const inList = startsWith(body, skipSpace(body, at + 1), LIST);
    if (inList) {
      at = skipSpace(body, skipSpace(body, at + 1) + LIST.length);
      if (body[at] !== Byte.Colon) return undefined;
      at = skipSpace(body, at + 1);
      if (body[at] !== Byte.OpenList) return undefined;
      at = skipSpace(body, at + 1);
    }
    for (;;) {
      if (body[at] !== Byte.Open || count === MOST_HEARTBEATS) return undefined;
      const began = at;
      at = readItem(body, at + 1, !inList);
      if (at < 0 || !holds(body, receivedAt - maxAgeMs, receivedAt + AHEAD_MS)) return undefined;
      const time = values[Field.MeasuredAt]!;
      if (count > 0 && time < times[count - 1]!) ordered = false;
      times[count++] = time;
      const most = keyHead.length + valueHead.length + 2 * (at - began + idBytes) + ITEM_OVERHEAD;
      if (used + most > out.length) used = moveOn(used, most, bounds);
      used = writeRecord(body, used, bounds);
      at = skipSpace(body, at);
      if (!inList || body[at] !== Byte.Comma) break;
      at = skipSpace(body, at + 1);
    }
    if (inList) {
      if (body[at] !== Byte.CloseList) return undefined;
      at = skipSpace(body, at + 1);
      if (body[at] !== Byte.Close) return undefined;
      at = skipSpace(body, at + 1);
    }
    if (at !== body.length) return undefined;
    written = used;
    const inOrder = ordered ? bounds : byTime(bounds, times);
    const records = { bytes: out, bounds: inOrder, timestamp: receivedAt };
    const mine = slab;
    mine.users++;
    return {
      records: traceparent === undefined ? records : { ...records, traceparent },
      count,
      letGo() {
        mine.users--;
        keepIfFree(mine);
      },
    };
  }

  /** What every record of this moment begins with. */
  function makeHeads(fleetId: string, receivedAt: number): void {
    if (fleetId === headFleet && receivedAt === headTime) return;
    if (fleetId !== headFleet) keyHead = Buffer.from(`${fleetId}/`);
    valueHead = Buffer.from(
      `{"kind":"report","fleetId":${JSON.stringify(fleetId)},"receivedAt":${receivedAt},"source":"device","vehicleId":"`,
    );
    headFleet = fleetId;
    headTime = receivedAt;
  }

  /** Goes on in another slab, with what this request has written so far; answers where. */
  function moveOn(used: number, more: number, bounds: number[]): number {
    const mine = used - written;
    const before = slab;
    const size = Math.max(SLAB_BYTES, 2 * (mine + more));
    slab = (size === SLAB_BYTES ? freeSlabs.pop() : undefined) ?? makeSlab(size);
    out = slab.bytes;
    before.bytes.copy(out, 0, written, used);
    for (let i = 0; i < bounds.length; i++) bounds[i]! -= written;
    written = 0;
    keepIfFree(before);
    return mine;
  }

  function keepIfFree(it: Slab): void {
    const free = it.users === 0 && it !== slab && it.bytes.length === SLAB_BYTES;
    if (free && freeSlabs.length < MOST_FREE_SLABS) freeSlabs.push(it);
  }

  /** The members of an item, from behind its brace; answers the place behind the other brace, −1 when it is not plain. */
  function readItem(body: Buffer, start: number, lone: boolean): number {
    seen = 0;
    let expected = 0;
    let comma = -1;
    for (let at = skipSpace(body, start); ;) {
      if (body[at] !== Byte.Quote) return -1;
      const field = wordAt(body, at + 1, NAMES, expected);
      if (field < 0 && lone && startsWith(body, at, LIST)) return -1;
      const nameEnd = field < 0 ? textEnd(body, at + 1) : at + NAMES[field]!.length;
      if (nameEnd < 0) return -1;
      const colon = skipSpace(body, nameEnd + 1);
      if (body[colon] !== Byte.Colon) return -1;
      const valueAt = skipSpace(body, colon + 1);
      if (field < 0) at = skipValue(body, valueAt);
      else {
        if ((seen & (1 << field)) !== 0) return -1;
        seen |= 1 << field;
        expected = field + 1;
        from[field] = valueAt;
        lead[field] = valueAt === nameEnd + 2 ? comma : -1;
        at = readField(body, field, valueAt);
      }
      if (at < 0) return -1;
      at = skipSpace(body, at);
      if (body[at] === Byte.Close) return at + 1;
      if (body[at] !== Byte.Comma) return -1;
      comma = at;
      at = skipSpace(body, at + 1);
      if (at !== comma + 1) comma = -1;
    }
  }

  /** Checks a value; answers where it ends. */
  function readField(body: Buffer, field: number, at: number): number {
    const kind = KINDS[field]!;
    if (body[at] !== Byte.Quote) return kind === Kind.Number || kind === Kind.Time ? readNumber(body, field, at) : -1;
    if (kind === Kind.State) {
      lastState = wordAt(body, at + 1, STATES, lastState);
      if (lastState >= 0) return (to[field] = at + 1 + STATES[lastState]!.length);
      lastState = 0;
      return -1;
    }
    const last = textEnd(body, at + 1);
    if (last < 0) return -1;
    to[field] = last + 1;
    if (kind === Kind.Id) return last > at + 1 && last - at - 1 <= LONGEST_ID ? last + 1 : -1;
    return kind === Kind.Time && readTime(body, at + 1, last) ? last + 1 : -1;
  }

  /** A number within the limits of its field; a time in milliseconds. */
  function readNumber(body: Buffer, field: number, at: number): number {
    if (!numberAt(body, at, field)) return -1;
    if (to[field]! < 0) {
      values[field] = Number(body.toString('latin1', at, numberEnd)) + 0;
      spelled[field] = String(values[field]);
    }
    const value = values[field]!;
    if (field === Field.MeasuredAt) return Number.isSafeInteger(value) ? numberEnd : -1;
    if (!(value >= LEAST[field]! && value <= GREATEST[field]!)) return -1;
    return field === Field.Sequence && !Number.isSafeInteger(value) ? -1 : numberEnd;
  }

  /**
   * Is there a number of JSON's grammar? Its value is kept for the field, and where it ends without needless zeros; −1: its value is to be
   * found otherwise. Up to 15 digits divided by a power of ten are exactly what JavaScript reads there, and spells so.
   */
  function numberAt(body: Buffer, start: number, field: number): boolean {
    let at = start;
    const negative = body[at] === Byte.Minus;
    if (negative) at++;
    const whole = at;
    let mantissa = 0;
    while (isDigit(body[at])) mantissa = mantissa * 10 + body[at++]! - Byte.Zero;
    let digits = at - whole;
    if (digits === 0 || (body[whole] === Byte.Zero && digits > 1)) return false;
    let clean = at;
    let scale = 0;
    if (body[at] === Byte.Dot) {
      const point = at++;
      while (isDigit(body[at])) {
        mantissa = mantissa * 10 + body[at]! - Byte.Zero;
        if (body[at++] !== Byte.Zero) clean = at;
      }
      scale = at - point - 1;
      if (scale === 0) return false;
      digits += scale;
    }
    let odd = digits > MOST_DIGITS || (negative && mantissa === 0);
    if ((body[at]! | 0x20) === Byte.SmallE) {
      at++;
      if (body[at] === Byte.Plus || body[at] === Byte.Minus) at++;
      if (!isDigit(body[at])) return false;
      while (isDigit(body[at])) at++;
      odd = true;
    }
    numberEnd = at;
    const size = odd ? 0 : mantissa / TEN_TO[scale]!;
    // What is smaller JavaScript spells with an exponent.
    to[field] = odd || (size < 1e-6 && size > 0) ? -1 : clean;
    values[field] = negative ? -size : size;
    return true;
  }

  /** RFC 3339; of one minute, as in nearly every request, only the seconds are read. */
  function readTime(body: Buffer, start: number, stop: number): boolean {
    const size = stop - start;
    const usual = body[stop - 1] === Byte.Z && (size === 20 || (size === 24 && body[start + 19] === Byte.Dot));
    if (usual && startsWith(body, start, minute)) {
      const second = digitsAt(body, start + MINUTE, 2);
      const rest = size === 20 ? 0 : digitsAt(body, start + 20, 3);
      if (second < 0 || second > 59 || rest < 0) return false;
      values[Field.MeasuredAt] = minuteAt + second * 1_000 + rest;
      return true;
    }
    const time = parseTime(body.toString('latin1', start, stop));
    if (time === undefined) return false;
    values[Field.MeasuredAt] = time;
    if (usual) {
      body.copy(minute, 0, start, start + MINUTE);
      minuteAt = Math.floor(time / 60_000) * 60_000;
    }
    return true;
  }

  /** Past the value of a member nobody knows: a plain text, a word or a number. */
  function skipValue(body: Buffer, at: number): number {
    if (body[at] === Byte.Quote) {
      const last = textEnd(body, at + 1);
      return last < 0 ? -1 : last + 1;
    }
    for (const word of WORDS) if (startsWith(body, at, word)) return at + word.length;
    // Its place is behind those of the fields, and never looked at.
    return numberAt(body, at, Field.Count) ? numberEnd : -1;
  }

  /** The rules between fields, and those of time. */
  function holds(body: Buffer, oldest: number, newest: number): boolean {
    if ((seen & (1 << Field.MeasuredAt)) === 0 || !hasIdentity(body)) return false;
    const time = values[Field.MeasuredAt]!;
    if (!(time >= oldest && time < newest && time >= LEAST_TIME && time < MOST_TIME)) return false;
    const place = seen & ((1 << Field.Lat) | (1 << Field.Lng));
    if (place === 0) return true;
    return place === ((1 << Field.Lat) | (1 << Field.Lng)) && (values[Field.Lat] !== 0 || values[Field.Lng] !== 0);
  }

  /** Does the item say whose it is, or need not and says no other? */
  function hasIdentity(body: Buffer): boolean {
    if ((seen & (1 << Field.VehicleId)) === 0) return own !== undefined;
    return own === undefined || startsWith(body, from[Field.VehicleId]! + 1, own);
  }

  /** Writes key and value of the item just read; answers where they end. */
  function writeRecord(body: Buffer, start: number, bounds: number[]): number {
    const id = own ?? body;
    const idAt = own ? 0 : from[Field.VehicleId]! + 1;
    const idEnd = own ? own.length : to[Field.VehicleId]!;
    let at = copy(keyHead, 0, keyHead.length, out, start);
    at = copy(id, idAt, idEnd - 1, out, at);
    const valueAt = at;
    at = copy(valueHead, 0, valueHead.length, out, at);
    at = copy(id, idAt, idEnd, out, at);
    if ((seen & (1 << Field.DeviceId)) !== 0) at = writeFields(body, Field.DeviceId, to[Field.DeviceId]!, at);
    at = copy(LEADS[Field.MeasuredAt]!, 0, LEADS[Field.MeasuredAt]!.length, out, at);
    const timeAt = at;
    at = writeTime(out, values[Field.MeasuredAt]!, at);
    for (let field = seenFrom(Field.Lat); field < Field.Count;) {
      // What stands in the body as it does in the record is copied in one piece.
      let last = field;
      let next = seenFrom(field + 1);
      while (next < Field.Count && to[last]! >= 0 && to[next]! >= 0 && lead[next] === to[last]) {
        last = next;
        next = seenFrom(last + 1);
      }
      at = writeFields(body, field, to[last]!, at);
      field = next;
    }
    at = copy(BEFORE_AT, 0, BEFORE_AT.length, out, at);
    at = copy(out, timeAt, timeAt + 13, out, at);
    at = copy(TAIL, 0, TAIL.length, out, at);
    bounds.push(start, valueAt, at);
    return at;
  }

  /** The first of the fields from there on that the item has. */
  function seenFrom(field: number): number {
    const rest = seen >>> field;
    return rest === 0 ? Field.Count : field + 31 - Math.clz32(rest & -rest);
  }

  /** A field, and those behind it up to a place in the body. */
  function writeFields(body: Buffer, field: number, stop: number, at: number): number {
    if (to[field]! >= 0 && lead[field]! >= 0) return copy(body, lead[field]!, stop, out, at);
    at = copy(LEADS[field]!, 0, LEADS[field]!.length, out, at);
    if (to[field]! >= 0) return copy(body, from[field]!, stop, out, at);
    return at + out.write(spelled[field]!, at, 'latin1');
  }

  return read;
}

/** Does this id stand in JSON as it is, a byte a character? */
function isPlainId(id: string): boolean {
  for (let at = 0; at < id.length; at++) if (PLAIN[id.charCodeAt(at)] !== 1) return false;
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte! >= Byte.Zero && byte! <= Byte.Nine;
}

/** So many digits; −1 when one of them is none. */
function digitsAt(body: Buffer, at: number, count: number): number {
  let number = 0;
  for (const stop = at + count; at < stop; at++) {
    if (!isDigit(body[at])) return -1;
    number = number * 10 + body[at]! - Byte.Zero;
  }
  return number;
}

/** The quote that ends a plain text; −1 when it is not plain. */
function textEnd(body: Buffer, at: number): number {
  while (PLAIN[body[at]!] === 1) at++;
  return body[at] === Byte.Quote ? at : -1;
}

function skipSpace(body: Buffer, at: number): number {
  // Not a step beyond the end: engines read what is not there ten times as slowly.
  for (; at < body.length && body[at]! <= Byte.Space; at++) {
    const byte = body[at];
    if (byte !== Byte.Space && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

function startsWith(body: Buffer, at: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i++) if (body[at + i] !== word[i]) return false;
  return true;
}

/** Which of the words stands there. Looked for from the one expected: fields come in the same order again and again. */
function wordAt(body: Buffer, at: number, words: readonly Buffer[], expected: number): number {
  for (let i = expected; i < words.length; i++) if (startsWith(body, at, words[i]!)) return i;
  for (let i = 0; i < expected; i++) if (startsWith(body, at, words[i]!)) return i;
  return -1;
}

/** Of up to some twenty bytes a loop is quicker than a call. Answers where the copy ends. */
function copy(source: Buffer, start: number, stop: number, target: Buffer, at: number): number {
  if (stop - start > 24) return at + source.copy(target, at, start, stop);
  while (start < stop) target[at++] = source[start++]!;
  return at;
}

/** Thirteen digits. */
function writeTime(target: Buffer, time: number, at: number): number {
  let high = Math.floor(time / 1e6) | 0;
  let low = (time - high * 1e6) | 0;
  for (let place = at + 12; place >= at + 7; place--, low = (low / 10) | 0) target[place] = Byte.Zero + (low % 10);
  for (let place = at + 6; place >= at; place--, high = (high / 10) | 0) target[place] = Byte.Zero + (high % 10);
  return at + 13;
}

/** The same bounds in order of time; what has the same stays as it came. */
function byTime(bounds: readonly number[], times: Float64Array): number[] {
  const order = Array.from({ length: bounds.length / 3 }, (_, i) => i).sort((a, b) => times[a]! - times[b]!);
  return order.flatMap((i) => [bounds[3 * i]!, bounds[3 * i + 1]!, bounds[3 * i + 2]!]);
}
