import { nextDeadline } from './fold-report';
import { silenceLimitS } from './silence';
import { LATENESS_MS, type VehicleMemory } from './vehicle-memory';
import { setInForce } from './zone-schedule';
import type { ZoneSchedule } from './zone-set';

/**
 * From which watermark on is a vehicle to be looked at again if nothing more is heard of it: when its silence or its parking passes a limit? A
 * deadline of the line waits for the lateness window, or late reports would take back what was told too early. Epoch milliseconds.
 */
export function lookAtOf(
  { head, contactAt, silent }: VehicleMemory,
  { watermark, listeningSince = -Infinity }: { readonly watermark: number; readonly listeningSince?: number },
  schedule: ZoneSchedule | undefined,
): number | undefined {
  const set = setInForce(schedule, Math.max(head.at, watermark));
  if (!set) return undefined;
  const limitS = silent ? undefined : silenceLimitS(set, head);
  const silence = limitS === undefined ? Infinity : Math.max(contactAt, listeningSince) + limitS * 1_000;
  const deadline = nextDeadline(head, schedule) ?? Infinity;
  const at = Math.min(silence, deadline + latenessOf(set.definition.latenessMs));
  return at === Infinity ? undefined : at;
}

/**
 * The memory with the time at which the vehicle is looked at, after it was heard of. That time is kept elsewhere in an index, so it does not move
 * with every report: only when there was none, when there is reason to look sooner, or when it would come before long though all is well.
 */
export function withLookAt(memory: VehicleMemory, schedule: ZoneSchedule | undefined): VehicleMemory {
  const wanted = lookAtOf(memory, { watermark: memory.contactAt }, schedule);
  if (wanted === undefined) return memory;
  const { lookAt, contactAt } = memory;
  const isSooner = lookAt === undefined || wanted < lookAt;
  // The vehicle is written anyway, now; once the time has come somebody would have to do it for this alone.
  const isNear = lookAt !== undefined && lookAt - contactAt < (wanted - contactAt) / 4;
  return isSooner || isNear ? { ...memory, lookAt: wanted } : memory;
}

function latenessOf(latenessMs: number | undefined): number {
  return latenessMs ?? LATENESS_MS;
}
