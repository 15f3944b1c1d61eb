import { sleep } from '@corral/runtime';
import type { ApiClient } from './api-client';
import type { NdjsonLine } from './ndjson';
import { MAX_BATCH, sendHeartbeats } from './send-heartbeats';

/** How a recording is replayed. */
export interface ReplayOptions {
  /** 1 = as it happened, 10 = ten times as fast, Infinity = as fast as the server takes it. */
  readonly speed: number;
  /** Moves all times so that the first line is now. */
  readonly shiftToNow: boolean;
}

/** What became of a recording. */
export interface ReplaySummary {
  readonly lines: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly resends: number;
}

interface PendingLine {
  readonly number: number;
  readonly heartbeat: unknown;
}

/**
 * Sends a recording through the API, in the order of its lines and one request at a time, so that no vehicle's reports overtake each
 * other. `refuse` gets each line the server (or JSON) refuses.
 */
export async function replayLines(
  api: ApiClient,
  lines: AsyncIterable<NdjsonLine>,
  options: ReplayOptions,
  hooks: { refuse(line: number, code: string, detail: string): void; progress(summary: ReplaySummary): void },
  signal: AbortSignal,
): Promise<ReplaySummary> {
  const summary = { lines: 0, accepted: 0, rejected: 0, resends: 0 };
  const pace = createPace(options);
  let batch: PendingLine[] = [];

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const sent = await sendHeartbeats(
      api,
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
  await flush();
  return summary;
}

/** Says when a line is due, and moves its time if the recording is to happen now. */
function createPace(options: ReplayOptions): (value: unknown) => { heartbeat: unknown; dueAt: number } {
  const startedAt = Date.now();
  let first: number | undefined;
  return (value) => {
    const measuredAt = momentOf(value);
    if (measuredAt === undefined) return { heartbeat: value, dueAt: 0 }; // the server names what is wrong with it
    first ??= measuredAt;
    const passed = measuredAt - first;
    const dueAt = options.speed === Infinity ? 0 : startedAt + passed / options.speed;
    if (!options.shiftToNow) return { heartbeat: value, dueAt };
    // Faster than life, a recording from now on would run into the future: it then ends now instead of starting now.
    const shifted = options.speed === Infinity ? startedAt + passed : startedAt + passed / options.speed;
    return { heartbeat: { ...(value as object), measuredAt: new Date(shifted).toISOString() }, dueAt };
  };
}

function momentOf(value: unknown): number | undefined {
  const measuredAt = (value as { measuredAt?: unknown } | null)?.measuredAt;
  const moment = typeof measuredAt === 'string' ? Date.parse(measuredAt) : measuredAt;
  return typeof moment === 'number' && Number.isFinite(moment) ? moment : undefined;
}
