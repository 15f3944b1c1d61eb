import { isTransient } from '@corral/database';
import { explain, type Logger } from '@corral/runtime';
import { createDoorbell } from '../doorbell';
import { settlesWithin } from '../until-aborted';
import type { AppendRecords, PlacedRecords } from './append-records';

/** Collects appends into few commits. */
export interface AppendBatcher {
  append(records: PlacedRecords, signal: AbortSignal): Promise<void>;
  /** The database took the last append, or answers again. */
  reachable(): boolean;
  /** Writes what is waiting, as far as it goes; later appends are refused. */
  close(): Promise<void>;
}

/** What {@link createAppendBatcher} needs. */
export interface AppendBatcherOptions {
  readonly write: AppendRecords;
  /** Asks the database anything at all. */
  probe(): Promise<unknown>;
  readonly deadlineMs: number;
  readonly logger: Logger;
}

/** In one transaction at most. */
const MAX_RECORDS = 5_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Waiting or on its way at most, all together: beyond it the answer is no, at once. */
const MAX_WAITING_RECORDS = 20_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const PROBE_PAUSE_MS = 500;
const PROBE_LIMIT_MS = 2_000;

interface Call extends PlacedRecords {
  readonly bytes: number;
  settled: boolean;
  settle(error?: Error): void;
}

/**
 * Natural batching: what arrives while one transaction commits goes into the next one, so a lonely append waits for nobody and many share a
 * commit. Every append is answered within the deadline; what was then under way may still be written (a resend makes a harmless copy).
 */
export function createAppendBatcher(options: AppendBatcherOptions): AppendBatcher {
  const { write, probe, deadlineMs, logger } = options;
  const closing = new AbortController();
  const settled = createDoorbell();
  let waiting: Call[] = [];
  let waitingRecords = 0;
  let waitingBytes = 0;
  let writing = false;
  let unreachable: Promise<void> | undefined;

  function kick(): void {
    if (writing || waiting.length === 0) return;
    writing = true;
    setImmediate(async () => {
      await writeBatch(takeBatch());
      writing = false;
      settled.ring();
      kick();
    });
  }

  function takeBatch(): Call[] {
    let records = 0;
    let bytes = 0;
    let size = 0;
    for (const call of waiting) {
      records += call.records.length;
      bytes += call.bytes;
      if (size > 0 && (records > MAX_RECORDS || bytes > MAX_BYTES)) break;
      size++;
    }
    const batch = waiting.slice(0, size);
    waiting = waiting.slice(size);
    return batch.filter((call) => !call.settled);
  }

  async function writeBatch(batch: readonly Call[]): Promise<void> {
    if (batch.length === 0) return;
    const written = write(batch);
    // A connection that hangs must not hold up those who come later.
    if (!(await settlesWithin(written, deadlineMs))) {
      const error = new Error(`the database did not answer within ${deadlineMs} ms`);
      lostTouch(error);
      return batch.forEach((call) => call.settle(error));
    }
    try {
      await written;
      batch.forEach((call) => call.settle());
    } catch (error) {
      if (isTransient(error)) {
        lostTouch(error);
        batch.forEach((call) => call.settle(error as Error));
      } else if (batch.length === 1) batch[0]!.settle(error as Error);
      // One of them is at fault: it must not take its neighbours with it.
      else for (const call of batch) await writeBatch([call]);
    }
  }

  function lostTouch(error: unknown): void {
    if (unreachable || closing.signal.aborted) return;
    logger.error({ reason: explain(error) }, 'the database does not take appends');
    const began = performance.now();
    unreachable = (async () => {
      do {
        await createDoorbell().wait(PROBE_PAUSE_MS, closing.signal);
      } while (!closing.signal.aborted && !(await answers(probe)));
      unreachable = undefined;
      if (!closing.signal.aborted)
        logger.warn({ forMs: Math.round(performance.now() - began) }, 'the database answers again');
    })();
  }

  return {
    append({ topic, records }, signal) {
      const what = `append ${records.length} records to ${topic}`;
      return new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(new Error(what, { cause: signal.reason }));
        if (closing.signal.aborted) return reject(new Error(`${what}: the log is closed`));
        const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
        if (
          waitingRecords > 0 &&
          (waitingRecords + records.length > MAX_WAITING_RECORDS || waitingBytes + bytes > MAX_WAITING_BYTES)
        )
          return reject(new Error(`${what}: ${waitingRecords} records are waiting already`));
        waitingRecords += records.length;
        waitingBytes += bytes;
        const abort = () => call.settle(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        const timer = setTimeout(() => {
          const error = new Error(`the database did not answer within ${deadlineMs} ms`);
          lostTouch(error);
          call.settle(error);
        }, deadlineMs);
        const call: Call = {
          topic,
          records,
          bytes,
          settled: false,
          settle(error) {
            if (call.settled) return;
            call.settled = true;
            waitingRecords -= records.length;
            waitingBytes -= bytes;
            clearTimeout(timer);
            signal.removeEventListener('abort', abort);
            if (error) reject(new Error(what, { cause: error }));
            else resolve();
          },
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(call);
        kick();
      });
    },
    reachable: () => !closing.signal.aborted && unreachable === undefined,
    async close() {
      const hopeless = unreachable !== undefined;
      closing.abort();
      const until = performance.now() + (hopeless ? 0 : deadlineMs);
      while (writing && performance.now() < until) await settled.wait(50);
      for (const call of waiting) call.settle(new Error('the log is closed'));
      waiting = [];
      await unreachable;
    },
  };
}

async function answers(probe: () => Promise<unknown>): Promise<boolean> {
  const probed = probe().then(
    () => true,
    () => false,
  );
  return (await settlesWithin(probed, PROBE_LIMIT_MS)) && (await probed);
}
