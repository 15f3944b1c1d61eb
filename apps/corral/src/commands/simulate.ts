import { sleep } from '@corral/runtime';
import { seededRandom } from '../demo/seeded-random';
import { createSimulatedFleet, type SimulatedHeartbeat } from '../demo/simulated-fleet';
import type { Print, SimulateFlags } from './add-commands';
import { CommandFailure, type ApiClient } from './api-client';
import { createProgress } from './progress';
import { createHeartbeatSender, MAX_BATCH } from './send-heartbeats';
import { untilStopped } from './until-stopped';

const FAULTS = ['duplicates', 'late', 'bad', 'silent'] as const;
type Fault = (typeof FAULTS)[number];
/** How often each asked-for fault strikes. */
const FAULT_SHARE = 0.02;
const TICK_MS = 250;

/** `corral simulate`: a fleet in the demo city, at a steady rate, until SIGINT, SIGTERM or `--for` seconds. */
export async function simulateCommand(api: ApiClient, flags: SimulateFlags, print: Print): Promise<void> {
  const faults = checkFaults(flags.faults ?? []);
  const stop = untilStopped();
  const sender = createHeartbeatSender(api);
  const intervalMs = Math.max(1, Math.round((flags.vehicles / Math.max(1, flags.rate)) * 1_000));
  const fleet = createSimulatedFleet({ vehicles: flags.vehicles, seed: flags.seed, intervalMs });
  const spoil = createFaults(faults, seededRandom(flags.seed + 1));
  const progress = createProgress();
  const total = { sent: 0, accepted: 0, rejected: 0, resends: 0 };
  const endsAt = flags.for === undefined ? Infinity : Date.now() + flags.for * 1_000;
  const round = async () => {
    const heartbeats = spoil(fleet.due(Date.now()));
    for (let from = 0; from < heartbeats.length; from += MAX_BATCH) {
      const batch = heartbeats.slice(from, from + MAX_BATCH);
      const sent = await sender.send(batch, stop);
      total.sent += batch.length;
      total.accepted += sent.accepted;
      total.rejected += sent.rejected.length;
      total.resends += sent.resends;
    }
    progress.show(`${flags.vehicles} vehicles: ${total.accepted} heartbeats accepted, ${total.rejected} rejected`);
    await sleep(TICK_MS, stop);
  };
  while (!stop.aborted && Date.now() < endsAt)
    await round().catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
  progress.end();
  print(total, `${total.sent} heartbeats sent, ${total.accepted} accepted, ${total.rejected} rejected`);
}

function checkFaults(words: readonly string[]): readonly Fault[] {
  for (const word of words)
    if (!(FAULTS as readonly string[]).includes(word))
      throw new CommandFailure(`--faults ${word}: give one of ${FAULTS.join(', ')}`);
  return words as readonly Fault[];
}

/** Does to a few heartbeats what real devices do: sends them twice, ten seconds late, spoilt, or not at all. */
function createFaults(faults: readonly Fault[], random: () => number): (heartbeats: SimulatedHeartbeat[]) => unknown[] {
  let held: { dueAt: number; heartbeat: SimulatedHeartbeat }[] = [];
  return (heartbeats) => {
    const now = Date.now();
    const sent: unknown[] = held.filter((entry) => entry.dueAt <= now).map((entry) => entry.heartbeat);
    held = held.filter((entry) => entry.dueAt > now);
    for (const heartbeat of heartbeats) {
      const fault = faults.find(() => random() < FAULT_SHARE);
      if (fault === 'silent') continue;
      if (fault === 'late') held.push({ dueAt: now + 10_000, heartbeat });
      else if (fault === 'bad') sent.push({ ...heartbeat, lat: 91 });
      else sent.push(heartbeat);
      if (fault === 'duplicates') sent.push(heartbeat);
    }
    return sent;
  };
}
