import { appendFileSync, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnv, type RelFolder } from '../rel-folder';
import { importZones } from './import-zones';
import { lanesOf, spanOf, type Lane, type PlanOptions } from './plan';
import type { ObservedAnswer } from '../scenario/observed-answers';
import type { RiddenHeartbeat } from './ride';
import { createSender } from './send';

/** How `rel gen` was called. */
export interface GenOptions extends Omit<PlanOptions, 'run' | 'startsAt'> {
  /** Heartbeats per second at most; 0: as fast as they are taken. */
  readonly rate: number;
  /** Requests in flight at most. */
  readonly conc: number;
  /** A request that was not settled for so long ends the load. */
  readonly giveUpMs: number;
  /** False: the zones are there already, nobody asks for them. */
  readonly zones?: boolean;
  /**
   * The load may be stopped, but not before about so many: the zones change within these. A change after the last report of a vehicle is decided by time,
   * which no oracle over the log knows. All of `n` when absent.
   */
  readonly leastN?: number;
  /** Where heartbeats are taken; the rig's `INGESTION` when absent. */
  readonly to?: string;
  /** No pause is longer, whatever `Retry-After` says: the rig wants pressure. A second when absent. */
  readonly longestPauseMs?: number;
  /** Told every answer, or the lack of one, with how many heartbeats it acknowledged. */
  readonly observe?: (answer: ObservedAnswer, acknowledged: number) => void;
  readonly progress: (line: string) => void;
  readonly abort: AbortSignal;
}

/** What came of it. */
export interface GenReport {
  readonly acknowledged: number;
  readonly rejected: number;
  /** Heartbeats sent, resends and wilful duplicates included. */
  readonly sent: number;
  readonly requests: number;
  /** Requests sent again, by what came instead of an answer that settles it: a status or a broken connection's code. */
  readonly resent: Readonly<Record<string, number>>;
  /** Answers that a resend cannot mend; each is a fault of somebody. */
  readonly unexpected: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly ratePerSecond: number;
  readonly finished: boolean;
}

/** Sends a load and keeps what was acknowledged. Imports the zones first, if the fleet has none. */
export async function gen(folder: RelFolder, options: GenOptions): Promise<GenReport> {
  const env = readEnv(folder);
  const run = 1 + (existsSync(folder.runs) ? readFileSync(folder.runs, 'utf8').split('\n').filter(Boolean).length : 0);
  const plan: PlanOptions = { ...options, run, startsAt: Math.floor(Date.now() / 1_000) * 1_000 - spanOf(options) };
  if (options.zones !== false) {
    const gateway = createSender(env.GATEWAY!, env.CORRAL_API_KEY!, 1);
    const span = spanOf({ n: options.leastN ?? plan.n, vehicles: plan.vehicles });
    await importZones(gateway, plan.startsAt + span / 3, span).finally(() => gateway.close());
  }

  const acks = createWriteStream(folder.acks, { flags: 'a' });
  const log = createWriteStream(folder.sent, { flags: 'a' });
  const sender = createSender(options.to ?? env.INGESTION!, env.CORRAL_API_KEY!, options.conc);
  const count = { acknowledged: 0, rejected: 0, sent: 0, requests: 0, inFlight: 0 };
  const resent: Record<string, number> = {};
  const unexpected: Record<string, number> = {};
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;

  /** One request until it is settled. */
  async function settle(heartbeats: readonly RiddenHeartbeat[]): Promise<void> {
    const body = {
      heartbeats: heartbeats.map((one) => ({ ...one, measuredAt: new Date(one.measuredAt).toISOString() })),
    };
    const deadline = performance.now() + options.giveUpMs;
    for (let attempt = 1; !options.abort.aborted; attempt += 1) {
      count.requests += 1;
      count.sent += heartbeats.length;
      log.write(heartbeats.map((one) => `${JSON.stringify({ ...one, attempt })}\n`).join(''));
      const sentAt = performance.now();
      const answer = await sender.send('POST', '/v1/heartbeats', body);
      const seen: ObservedAnswer = {
        at: Date.now(),
        tookMs: performance.now() - sentAt,
        status: answer.kind === 'answered' ? answer.status : 0,
        retryAfterS: answer.kind === 'answered' ? answer.retryAfterMs / 1_000 : 0,
      };
      if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
        const rejected = new Set((answer.body as { rejected: { index: number }[] }).rejected.map(({ index }) => index));
        const kept = heartbeats.filter((_, i) => !rejected.has(i));
        acks.write(kept.map((one) => `${JSON.stringify(one)}\n`).join(''));
        count.acknowledged += kept.length;
        count.rejected += rejected.size;
        options.observe?.(seen, kept.length);
        return;
      }
      options.observe?.(seen, 0);
      const reason = answer.kind === 'answered' ? String(answer.status) : answer.reason;
      if (answer.kind === 'answered' && answer.status !== 503 && answer.status !== 429) {
        unexpected[reason] = (unexpected[reason] ?? 0) + 1;
        if (answer.status < 500) return;
      }
      if (performance.now() > deadline)
        throw new Error(`nobody took a request for ${options.giveUpMs / 1_000} s, the last answer was ${reason}`);
      resent[reason] = (resent[reason] ?? 0) + 1;
      const told = answer.kind === 'answered' ? answer.retryAfterMs || 100 : 100;
      const pause = Math.min(told, options.longestPauseMs ?? 1_000);
      await sleep(pause, undefined, { signal: options.abort }).catch(() => undefined);
    }
  }

  const ticker = setInterval(() => {
    const resends = Object.values(resent).reduce((sum, one) => sum + one, 0);
    options.progress(
      `${count.acknowledged} of ${options.n} acknowledged, ${Math.round(count.acknowledged / seconds())}/s, ${resends} requests sent again`,
    );
  }, 1_000);
  try {
    await pace(lanesOf(plan), settle, options);
  } finally {
    clearInterval(ticker);
    sender.close();
    for (const file of [acks, log]) {
      file.end();
      await finished(file);
    }
  }
  const { acknowledged, rejected, sent, requests } = count;
  const report: GenReport = {
    acknowledged,
    rejected,
    sent,
    requests,
    resent,
    unexpected,
    seconds: Math.round(seconds() * 10) / 10,
    ratePerSecond: Math.round(acknowledged / seconds()),
    finished: !options.abort.aborted,
  };
  const { progress: _progress, abort: _abort, observe: _observe, ...asked } = options;
  appendFileSync(folder.runs, `${JSON.stringify({ run, startsAt: plan.startsAt, ...asked, ...report })}\n`);
  return report;
}

/** Keeps to the rate as far as lanes are free: a lane has one request in flight, and what waits for none of them makes up for it later. */
async function pace(
  lanes: readonly Lane[],
  settle: (heartbeats: readonly RiddenHeartbeat[]) => Promise<void>,
  { rate, conc, abort }: GenOptions,
): Promise<void> {
  const free = [...lanes];
  const inFlight = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let due = performance.now();
  while ((free.length > 0 || inFlight.size > 0) && !abort.aborted && failure === undefined) {
    const lane = inFlight.size < conc ? free.shift() : undefined;
    if (lane === undefined) {
      await Promise.race(inFlight);
      continue;
    }
    const request = lane.next();
    if (request.done === true) continue;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    // After a stall it catches up, but does not fire everything missed at once.
    if (rate > 0) due = Math.max(due, performance.now() - 5_000) + (request.value.length / rate) * 1_000;
    const settled: Promise<void> = settle(request.value)
      .then(
        () => void free.push(lane),
        (error: unknown) => void (failure ??= { error }),
      )
      .finally(() => inFlight.delete(settled));
    inFlight.add(settled);
  }
  await Promise.all(inFlight);
  if (failure !== undefined) throw failure.error;
}
