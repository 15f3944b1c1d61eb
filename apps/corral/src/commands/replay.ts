import { isEpochMs, parseTime } from '@corral/domain';
import { sleep } from '@corral/runtime';
import type { NdjsonLine } from './ndjson';
import { MAX_BATCH, type HeartbeatSender } from './send-heartbeats';

/** How a recording is replayed. */
export interface ReplayOptions {
  /** 1 = as it happened, 10 = ten times as fast, Infinity = as fast as the server takes it. */
  readonly speed: number;
  /**
   * Moves all times to now, epoch milliseconds: the first line is `startsAt`, and what passed between them passes as fast as it is
   * replayed; or, at full speed, where a recording from now on would run into the future, the newest line is `endsAt`.
   */
  readonly shift?: { readonly startsAt: number } | { readonly endsAt: number; readonly newest: number };
}

/** What became of a recording. */
export interface ReplaySummary {
  readonly lines: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly resends: number;
}

/** What hears of a replay while it goes on. */
export interface ReplayHooks {
  /** A line that the server, or JSON, refuses. */
  refuse(line: number, code: string, detail: string): void;
  progress(summary: ReplaySummary): void;
}

interface PendingLine {
  readonly number: number;
  readonly heartbeat: unknown;
}

/**
 * Sends a recording through the API, in the order of its lines and one request at a time, so that no vehicle's reports overtake each
 * other. Rejects with the reason of an abort.
 */
export async function replayLines(
  sender: HeartbeatSender,
  lines: AsyncIterable<NdjsonLine>,
  options: ReplayOptions,
  hooks: ReplayHooks,
  signal: AbortSignal,
): Promise<ReplaySummary> {
  const summary = { lines: 0, accepted: 0, rejected: 0, resends: 0 };
  const pace = createPace(options, Date.now());
  let batch: PendingLine[] = [];

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const sent = await sender.send(
      batch.map((line) => line.heartbeat),
      signal,
    );
    summary.accepted += sent.accepted;
    summary.rejected += sent.rejected.length;
    summary.resends += sent.resends;
    for (const item of sent.rejected) hooks.refuse(batch[item.index]?.number ?? 0, item.code, item.detail ?? '');
    batch = [];
    hooks.progress(summary);
  }

  for await (const line of lines) {
    signal.throwIfAborted();
    summary.lines += 1;
    if (line.kind === 'not_json') {
      summary.rejected += 1;
      hooks.refuse(line.number, 'not_json', 'the line is not JSON');
      continue;
    }
    const { heartbeat, dueAt } = pace(line.value);
    if (dueAt > Date.now()) {
      await flush();
      await sleep(dueAt - Date.now(), signal);
    }
    batch.push({ number: line.number, heartbeat });
    if (batch.length === MAX_BATCH) await flush();
  }
  // An aborted reader ends like a finished one.
  signal.throwIfAborted();
  await flush();
  return summary;
}

/** The newest moment in a recording, epoch milliseconds. */
export async function newestMoment(lines: AsyncIterable<NdjsonLine>): Promise<number | undefined> {
  let newest: number | undefined;
  for await (const line of lines) {
    const moment = line.kind === 'value' ? momentOf(line.value) : undefined;
    if (moment !== undefined && (newest === undefined || moment > newest)) newest = moment;
  }
  return newest;
}

/** Says when a line is due (epoch milliseconds; 0: at once), and moves its time if the recording is to happen now. */
export function createPace(
  { speed, shift }: ReplayOptions,
  startedAt: number,
): (value: unknown) => { heartbeat: unknown; dueAt: number } {
  let first: number | undefined;
  return (value) => {
    const measuredAt = momentOf(value);
    if (measuredAt === undefined) return { heartbeat: value, dueAt: 0 }; // the server names what is wrong with it
    first ??= measuredAt;
    const passed = (measuredAt - first) / speed;
    const dueAt = speed === Infinity ? 0 : startedAt + passed;
    if (shift === undefined) return { heartbeat: value, dueAt };
    const shifted = 'endsAt' in shift ? measuredAt - shift.newest + shift.endsAt : shift.startsAt + passed;
    return { heartbeat: { ...(value as object), measuredAt: new Date(shifted).toISOString() }, dueAt };
  };
}

function momentOf(value: unknown): number | undefined {
  const measuredAt = (value as { measuredAt?: unknown } | null)?.measuredAt;
  if (typeof measuredAt === 'string') return parseTime(measuredAt);
  return typeof measuredAt === 'number' && isEpochMs(measuredAt) ? measuredAt : undefined;
}
