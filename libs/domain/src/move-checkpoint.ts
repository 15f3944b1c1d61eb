import { checkpointOf, closeMemory, foldStretch, openMemory } from './recent-line';
import { countOf, splitFirst, splitReports, type SplitReports } from './recent-reports';
import type { VehicleLine, Whose } from './vehicle-line';
import { LARGEST_MEMORY_BYTES, MOST_RECENT_REPORTS, type VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule } from './zone-set';

/** A memory within its bounds, and how many reports had to be closed before their time for it. */
export interface MovedCheckpoint {
  readonly memory: VehicleMemory;
  readonly closedEarly: number;
}

/**
 * Moves the checkpoint of a memory over the reports that are closed: now and then, since where exactly it stands decides nothing
 * (`closedAt` does). Only beyond the bounds of a memory it moves over reports that are not closed yet, and so closes them early.
 */
export function moveCheckpoint(
  memory: VehicleMemory,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
): MovedCheckpoint {
  const count = countOf(memory.recent);
  if (!isTooLarge(memory) && (count < EVERY || count % EVERY !== 0)) return { memory, closedEarly: 0 };
  const moved = overClosed(memory, whose, schedule);
  return isTooLarge(moved) ? closedEarly(moved, whose, schedule) : { memory: moved, closedEarly: 0 };
}

// The newest report is kept, so that it is known if it comes again.
function overClosed(memory: VehicleMemory, whose: Whose, schedule: ZoneSchedule | undefined): VehicleMemory {
  const closed = splitReports(memory.recent, memory.texts, memory.closedAt);
  if (closed.first.length === 0) return memory;
  const moved = over(closed, memory, whose, schedule);
  // Texts that nothing speaks of any more are left behind now and then.
  return memory.texts.length > MOST_TEXTS ? closeMemory(openMemory(moved), memory) : moved;
}

function over(
  { first, rest }: SplitReports,
  memory: VehicleMemory,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
): VehicleMemory {
  const { line } = foldStretch(checkpointOf(memory), first, { whose, schedule, again: true });
  return withTextsOf({ ...memory, checkpoint: line, recent: rest }, line);
}

function withTextsOf(memory: VehicleMemory, line: VehicleLine | undefined): VehicleMemory {
  const missing = zoneIdsOf(line).filter((zoneId) => !memory.texts.includes(zoneId));
  return missing.length === 0 ? memory : { ...memory, texts: [...memory.texts, ...missing] };
}

function zoneIdsOf(line: VehicleLine | undefined): readonly string[] {
  const zones = line?.zones.map(({ zoneId }) => zoneId) ?? [];
  const others = line?.evidence?.filter(({ zoneId }) => !zones.includes(zoneId)) ?? [];
  return others.length === 0 ? zones : [...zones, ...others.map(({ zoneId }) => zoneId)];
}

/**
 * A vehicle that reports every second or so comes here with every report: then nearly always one goes for one that came, and the others stay
 * packed. Only where that is not enough, or texts are left over that take the room of reports, everything is laid open.
 */
function closedEarly(memory: VehicleMemory, whose: Whose, schedule: ZoneSchedule | undefined): MovedCheckpoint {
  const least = Math.max(1, countOf(memory.recent) - MOST_RECENT_REPORTS);
  const few = splitFirst(memory.recent, memory.texts, least);
  if (few.first.length > 0 && memory.texts.length <= FEW_TEXTS) {
    const closedAt = Math.max(memory.closedAt, few.first.at(-1)!.at);
    const moved = over(few, { ...memory, closedAt }, whose, schedule);
    if (!isTooLarge(moved)) return { memory: moved, closedEarly: few.first.length };
  }
  const { checkpoint, reports } = openMemory(memory);
  for (let gone = least; gone < reports.length; gone += 1) {
    const { line } = foldStretch(checkpoint, reports.slice(0, gone), { whose, schedule, again: true });
    const closedAt = Math.max(memory.closedAt, reports[gone - 1]!.at);
    const moved = closeMemory({ checkpoint: line, reports: reports.slice(gone) }, { ...memory, closedAt });
    if (!isTooLarge(moved) || gone === reports.length - 1) return { memory: moved, closedEarly: gone };
  }
  return { memory, closedEarly: 0 };
}

const EVERY = 8;
const MOST_TEXTS = 16;
const FEW_TEXTS = 8;

function isTooLarge(memory: VehicleMemory): boolean {
  return countOf(memory.recent) > MOST_RECENT_REPORTS || sizeAtMost(memory) > LARGEST_MEMORY_BYTES;
}

/** At least so many bytes as the memory takes when it is stored. Asked with every report: it makes nothing but the number. */
function sizeAtMost({ head, checkpoint, recent, texts, silent }: VehicleMemory): number {
  let characters = (head.tripId?.length ?? 0) + (head.vehicleTypeId?.length ?? 0) + (silent?.tripId?.length ?? 0);
  let named = texts.length;
  for (const text of texts) characters += text.length;
  for (const { zoneId } of head.zones) characters += zoneId.length;
  named += head.zones.length;
  if (head.evidence) {
    for (const { zoneId } of head.evidence) characters += zoneId.length;
    named += head.evidence.length;
  }
  const before = checkpoint instanceof Uint8Array ? checkpoint.length : checkpoint ? lineSizeAtMost(checkpoint) : 0;
  const outside = HEADER_BYTES + (silent ? SILENCE_BYTES : 0);
  const rest = outside + 2 * named + lineSizeAtMost(head) + before + recent.size;
  // Nearly always there is room for every text twice, in any script.
  if (rest + 3 * characters <= LARGEST_MEMORY_BYTES) return rest + 3 * characters;
  const all = new Set([...texts, ...zoneIdsOf(head)]);
  for (const text of [head.tripId, head.vehicleTypeId, silent?.tripId]) if (text !== undefined) all.add(text);
  let bytes = 0;
  for (const text of all) bytes += text.length * (ASCII.test(text) ? 1 : 3);
  return rest + bytes;
}

function lineSizeAtMost(line: VehicleLine): number {
  const { zones, open, standing, decidedTo, doubted, scatter, evidence } = line;
  const time = 1 + (decidedTo === undefined ? 0 : 8) + (standing ? (standing.lng === undefined ? 8 : 24) : 0);
  const quiet = (scatter ? 84 : 0) + 42 * (evidence?.length ?? 0);
  return 72 + time + quiet + 8 * zones.length + 52 * open.length + 42 * (doubted?.length ?? 0);
}

const HEADER_BYTES = 48;
const SILENCE_BYTES = 48;
const ASCII = /^[\x00-\x7f]*$/;
