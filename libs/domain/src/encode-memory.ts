import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { readLine, writeLine } from './pack-line';
import { placeIn } from './place-in';
import { packReports, unpackReports } from './recent-reports';
import { readSilence, writeSilence } from './pack-silence';
import type { VehicleMemory } from './vehicle-memory';

/** The memory as bytes to store. What was packed before stays so: with a heartbeat only itself and the head are written anew. */
export function encodeMemory(memory: VehicleMemory): Uint8Array {
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
  return writer.bytes();
}

function writeOutside({ head, contactAt, silent, lookAt }: VehicleMemory, place: (text: string) => number): void {
  writer.byte((silent ? SILENT : 0) | (lookAt === undefined ? 0 : LOOK_AT));
  writer.signed(contactAt - head.at);
  if (lookAt !== undefined) writer.signed(lookAt - head.at);
  if (silent) writeSilence(writer, head.at, silent, place);
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

/** The memory that was stored. Throws for bytes that are no memory of a version known here: nobody could answer that. */
export function decodeMemory(bytes: Uint8Array): VehicleMemory {
  const version = bytes[0];
  if (version !== VERSION && version !== 2)
    throw new Error(`decode vehicle memory: its version is ${version ?? 'none'}, known is ${VERSION}`);
  try {
    return version === 2 ? decodeSecond(bytes) : decode(bytes);
  } catch (cause) {
    throw new Error('decode vehicle memory', { cause });
  }
}

const VERSION = 3;
const writer = new ByteWriter();
const body = new ByteWriter();
const line = new ByteWriter();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function decode(bytes: Uint8Array): VehicleMemory {
  const reader = new ByteReader(bytes, 1);
  const scheduleRevision = reader.whole();
  const closedFrom = reader.signed();
  const measuredFrom = reader.signed();
  const flags = reader.byte();
  const contactFrom = reader.signed();
  const lookFrom = flags & LOOK_AT ? reader.signed() : undefined;
  const silence = flags & SILENT ? readSilence(reader) : undefined;
  const texts = readTexts(reader);
  const head = readLine(reader, texts);
  const checkpointLength = reader.whole();
  const checkpoint = checkpointLength === 0 ? undefined : reader.raw(checkpointLength);
  return {
    v: 3,
    head,
    checkpoint,
    recent: unpackReports(reader, head.at),
    texts,
    closedAt: head.at - closedFrom,
    measuredLast: head.at + measuredFrom,
    scheduleRevision,
    contactAt: head.at + contactFrom,
    silent: silence?.(head.at, texts),
    lookAt: lookFrom === undefined ? undefined : head.at + lookFrom,
  };
}

/** As it was until November 2026: nothing about the time without reports. */
function decodeSecond(bytes: Uint8Array): VehicleMemory {
  const reader = new ByteReader(bytes, 1);
  const scheduleRevision = reader.whole();
  const closedFrom = reader.signed();
  const measuredFrom = reader.signed();
  const texts = readTexts(reader);
  const head = readLine(reader, texts, 2);
  const checkpointLength = reader.whole();
  const checkpoint =
    checkpointLength === 0 ? undefined : readLine(new ByteReader(reader.raw(checkpointLength)), texts, 2);
  return {
    v: 3,
    head,
    checkpoint,
    recent: unpackReports(reader, head.at),
    texts,
    closedAt: head.at - closedFrom,
    measuredLast: head.at + measuredFrom,
    scheduleRevision,
    contactAt: head.receivedAt,
  };
}

function readTexts(reader: ByteReader): readonly string[] {
  const lengths: number[] = [];
  for (let left = reader.whole(); left > 0; left -= 1) lengths.push(reader.whole());
  const all = decoder.decode(reader.raw(reader.whole()));
  let end = 0;
  return lengths.map((length) => all.slice(end, (end += length)));
}
