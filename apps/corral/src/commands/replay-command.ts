import type { Print } from './add-commands';
import { CommandFailure, type ApiClient } from './api-client';
import { readNdjson } from './ndjson';
import { createProgress } from './progress';
import { newestMoment, replayLines, type ReplayOptions } from './replay';
import { createHeartbeatSender } from './send-heartbeats';
import { untilStopped } from './until-stopped';

/** What `corral replay` is given. */
export interface ReplayFlags {
  readonly speed: number;
  readonly shiftToNow: boolean;
}

/** `corral replay`: one file after the other; answers whether every line was accepted. */
export async function replayCommand(
  api: ApiClient,
  files: readonly string[],
  flags: ReplayFlags,
  print: Print,
): Promise<boolean> {
  const stop = untilStopped();
  const sender = createHeartbeatSender(api);
  const progress = createProgress();
  const total = { lines: 0, accepted: 0, rejected: 0, resends: 0 };
  const startedAt = Date.now();
  const options = await optionsOf(files, flags, startedAt);
  for (const file of files) {
    const before = { ...total };
    const add = (now: typeof total) => {
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] = before[key] + now[key];
    };
    try {
      const summary = await replayLines(
        sender,
        readNdjson(file, stop),
        options,
        {
          refuse: (line, code, detail) => process.stderr.write(`${file}:${line}: ${code}: ${detail}\n`),
          progress: (now) => {
            add(now);
            progress.show(`${file}: ${now.accepted} accepted, ${now.rejected} rejected`);
          },
        },
        stop,
      );
      add(summary);
    } catch (error) {
      if (!stop.aborted) throw error;
      break; // Told to stop: what was sent so far is the result.
    }
  }
  progress.end();
  const seconds = (Date.now() - startedAt) / 1_000;
  print(
    { ...total, seconds, stopped: stop.aborted },
    `${total.accepted} heartbeats accepted, ${total.rejected} rejected, ${total.resends} batches sent again, in ${seconds.toFixed(1)} s` +
      (stop.aborted ? '; stopped before the end' : ''),
  );
  return total.rejected === 0 && !stop.aborted;
}

async function optionsOf(files: readonly string[], flags: ReplayFlags, now: number): Promise<ReplayOptions> {
  const { speed } = flags;
  if (!flags.shiftToNow) return { speed };
  if (speed !== Infinity) return { speed, shift: { startsAt: now } };
  if (files.includes('-'))
    throw new CommandFailure(
      '--shift-to-now with --speed max has to know where the recording ends: give a file, not standard input',
    );
  const newest = (await Promise.all(files.map((file) => newestMoment(readNdjson(file))))).filter(
    (moment) => moment !== undefined,
  );
  return newest.length === 0 ? { speed } : { speed, shift: { endsAt: now, newest: Math.max(...newest) } };
}
