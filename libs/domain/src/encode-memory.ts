import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { readLine, writeLine } from './pack-line';
import { placeIn } from './place-in';
import { readSilence, writeSilence } from './pack-silence';
import { closeMemory } from './recent-line';
import { listReports, packReports, unpackReports } from './recent-reports';
import type { VehicleMemory } from './vehicle-memory';

/** The memory as bytes to store. What was packed before stays so: with a heartbeat only itself and the head are written anew. */
export function encodeMemory(memory: VehicleMemory): Uint8Array {
  return encodeForNow(memory).slice();
}

/** The same for whoever copies it at once: the next one is written over it. */
export function encodeForNow(memory: VehicleMemory): Uint8Array {
  const { head, checkpoint, recent } = memory;
  // What is packed speaks of texts by their place; without it the table is made anew.
  const bound = recent.packed.count > 0 || checkpoint instanceof Uint8Array;
  const texts = bound ? [...memory.texts] : [];
  const place = (text: string) => placeIn(texts, text);
  body.clear();
  writeLine(body, head, place);
  writeCheckpoint(checkpoint, place);
  packReports(recent, body, head.at, place);

  writer.clear();
  writer.byte(VERSION);
  writer.whole(memory.scheduleRevision);
  writer.signed(head.at - memory.closedAt);
  writer.signed(memory.measuredLast - head.at);
  writeOutside(memory, place);
  writer.whole(texts.length);
  for (const text of texts) writer.whole(text.length);
  writeTexts(texts.join(''));
  writer.append(body);
  return writer.written();
}

function writeOutside({ head, contactAt, silent, lookAt }: VehicleMemory, place: (text: string) => number): void {
  writer.byte((silent ? SILENT : 0) | (lookAt === undefined ? 0 : LOOK_AT));
  writer.signed(contactAt - head.at);
  if (lookAt !== undefined) writer.signed(lookAt - head.at);
  if (silent) writeSilence(writer, head.at, silent, place);
}

/** Reads what `writeOutside` wrote; times and texts are known only once all was read. */
function readOutside(
  from: ByteReader,
): (head: number, texts: readonly string[]) => Pick<VehicleMemory, 'contactAt' | 'silent' | 'lookAt'> {
  const flags = from.byte();
  const contactFrom = from.signed();
  const lookFrom = flags & LOOK_AT ? from.signed() : undefined;
  const silence = flags & SILENT ? readSilence(from) : undefined;
  return (head, texts) => ({
    contactAt: head + contactFrom,
    silent: silence?.(head, texts),
    lookAt: lookFrom === undefined ? undefined : head + lookFrom,
  });
}

const SILENT = 1;
const LOOK_AT = 2;

function writeCheckpoint(checkpoint: VehicleMemory['checkpoint'], place: (text: string) => number): void {
  if (checkpoint === undefined || checkpoint instanceof Uint8Array) {
    body.whole(checkpoint?.length ?? 0);
    if (checkpoint) body.raw(checkpoint);
    return;
  }
  writeLine(line.clear(), checkpoint, place);
  body.whole(line.length);
  body.append(line);
}

function writeTexts(all: string): void {
  const begin = writer.length;
  writer.whole(all.length);
  if (writer.plainText(all)) return;
  writer.length = begin;
  const bytes = encoder.encode(all);
  writer.whole(bytes.length);
  writer.raw(bytes);
}

/** The revision of the schedule that a stored memory was folded under, read without the rest of it. */
export function storedRevision(bytes: Uint8Array): number {
  return new ByteReader(bytes, 1).whole();
}

/** The memory that was stored. Throws for bytes that are no memory of a version known here: nobody could answer that. */
export function decodeMemory(bytes: Uint8Array): VehicleMemory {
  const version = bytes[0];
  if (version !== VERSION && version !== WITHOUT_STRAYS && version !== WITHOUT_LEFT && version !== EARLIER_VERSION)
    throw new Error(`decode vehicle memory: its version is ${version ?? 'none'}, known is ${VERSION}`);
  try {
    return decode(bytes, version);
  } catch (cause) {
    throw new Error('decode vehicle memory', { cause });
  }
}

const VERSION = 5;
/** The same grammar, but for strays, and for the place that was left: who knows these versions only must not read them. */
const WITHOUT_STRAYS = 4;
const WITHOUT_LEFT = 3;
const EARLIER_VERSION = 2;
const writer = new ByteWriter();
const body = new ByteWriter();
const line = new ByteWriter();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function decode(bytes: Uint8Array, version: number): VehicleMemory {
  const reader = new ByteReader(bytes, 1);
  const scheduleRevision = reader.whole();
  const closedFrom = reader.signed();
  const measuredFrom = reader.signed();
  const outside = version === EARLIER_VERSION ? undefined : readOutside(reader);
  const texts = readTexts(reader);
  const head = readLine(reader, texts, version);
  const checkpointLength = reader.whole();
  const checkpoint = checkpointLength === 0 ? undefined : reader.raw(checkpointLength);
  const memory: VehicleMemory = {
    v: 3,
    head,
    checkpoint,
    recent: unpackReports(reader, head.at),
    texts,
    closedAt: head.at - closedFrom,
    measuredLast: head.at + measuredFrom,
    scheduleRevision,
    ...(outside ? outside(head.at, texts) : { contactAt: head.receivedAt }),
  };
  return version === EARLIER_VERSION ? fromEarlier(memory, version) : memory;
}

/**
 * A memory of the version before: what of it stays packed would be read by the new grammar, so it is unpacked; and that a report
 * decided nothing was found out under the rules of then, so it is asked anew.
 */
function fromEarlier(memory: VehicleMemory, version: number): VehicleMemory {
  const { checkpoint, recent, texts } = memory;
  return closeMemory(
    {
      checkpoint: checkpoint instanceof Uint8Array ? readLine(new ByteReader(checkpoint), texts, version) : undefined,
      reports: listReports(recent, texts).map((report) => ({ ...report, plain: false })),
    },
    memory,
  );
}

function readTexts(reader: ByteReader): readonly string[] {
  const lengths: number[] = [];
  for (let left = reader.whole(); left > 0; left -= 1) lengths.push(reader.whole());
  const all = decoder.decode(reader.raw(reader.whole()));
  let end = 0;
  return lengths.map((length) => all.slice(end, (end += length)));
}
