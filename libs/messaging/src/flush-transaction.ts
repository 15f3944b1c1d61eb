import { encodeEvent } from '@corral/contracts';
import {
  appendOutbox,
  commitFence,
  isTransient,
  writeDeadLetters,
  type DeadLetter,
  type FenceRow,
  type OutboxRow,
} from '@corral/database';
import { ATTRIBUTES, SPANS, traceBatch, type TracedBatch } from '@corral/runtime';
import { judgeDeadLetters, type Verdict } from './dead-letter-limits';
import type { StoredRecord } from './event-log';
import type { FencedConsumerOptions, Flush, FlushPartition } from './fenced-consumer';
import type { OwnedPartition } from './owned-partition';

/** One partition's records in a flush; without records only its progress is saved. */
export interface FlushPart {
  readonly owned: OwnedPartition;
  readonly records: readonly StoredRecord[];
  /** Written although no record was read: the owner has something to do of its own. */
  readonly inTurn?: boolean;
}

/** Why the records of a vehicle that is set aside are in the table. */
export const VEHICLE_SET_ASIDE = 'vehicle_set_aside';

/** How one transaction over several partitions ended. But for `committed`, nothing was written. */
export type FlushOutcome =
  | { readonly kind: 'committed' }
  /** These partitions are somebody else's now; the others may try again. */
  | { readonly kind: 'fenced'; readonly partitions: readonly number[] }
  /** Too much of these partitions would be set aside: those with their records up to `keep` may try again, then they park. */
  | { readonly kind: 'limit'; readonly limits: ReadonlyMap<number, Limit> }
  /** A row of some partition is locked by somebody: try each alone. */
  | { readonly kind: 'locked'; readonly error: unknown }
  /** The database is away, or not as it must be; the same may succeed later. */
  | { readonly kind: 'away'; readonly error: unknown }
  /** It would fail again: some record is at fault. */
  | { readonly kind: 'refused'; readonly error: unknown };

/** Where a partition has to stop, as an index into the records given, and why. */
export type Limit = Extract<Verdict, { kind: 'park' }>;

/** Effects, outbox, dead letters and offsets of all parts in one transaction that ends with the fence; after the commit the relays get their messages. */
export async function tryFlush(
  options: FencedConsumerOptions,
  parts: readonly FlushPart[],
  write: (flush: Flush) => Promise<void>,
): Promise<FlushOutcome> {
  const { database, consumer, topic } = options;
  const began = performance.now();
  const trace = traceBatch(SPANS.process(topic), recordsOf(parts), () => ({
    kind: 'consumer',
    attributes: {
      [ATTRIBUTES.messagingSystem]: options.log.kind,
      [ATTRIBUTES.topic]: topic,
      [ATTRIBUTES.operation]: 'process',
      [ATTRIBUTES.consumer]: consumer,
      [ATTRIBUTES.records]: parts.reduce((sum, { records }) => sum + records.length, 0),
    },
  }));
  let shares: Share[] = [];
  let rows: FenceRow[] = [];
  let verdicts: Verdict[] = [];
  let flush: Flush | undefined;
  try {
    await database.transaction(async (tx) => {
      shares = parts.map((part) => createShare(part, options.publishTo, trace));
      const read = shares.filter(({ records }, at) => records.length > 0 || parts[at]!.inTurn);
      flush = { tx, partitions: read };
      if (read.length > 0) await write(flush);
      verdicts = shares.map(judge);
      const limits = new Map(
        verdicts.flatMap((verdict, at) => (verdict.kind === 'park' ? [[shares[at]!.partition, verdict]] : [])),
      );
      if (limits.size > 0) throw new Limited(limits);
      const outbox = shares.flatMap((share) => share.outbox);
      await appendOutbox(tx, consumer, outbox);
      const deadLetters = shares.flatMap((share) => share.deadLetters);
      await writeDeadLetters(tx, consumer, topic, deadLetters);
      rows = shares.map(fenceRow);
      const failed = await commitFence(tx, { consumer, topic, rows });
      if (failed.length > 0) throw new Fenced(failed);
    });
  } catch (error) {
    trace.end(wordFor(error));
    if (error instanceof Fenced) return { kind: 'fenced', partitions: error.partitions };
    if (error instanceof Limited) return { kind: 'limit', limits: error.limits };
    if (isLocked(error)) return { kind: 'locked', error };
    // What fails before a record was looked at is no record's fault: a login that is refused, a database that is being restored.
    const away = flush === undefined || isTransient(error) || isOfTheInstallation(error);
    return { kind: away ? 'away' : 'refused', error };
  }
  trace.end();
  for (const [at, { owned, outbox }] of shares.entries()) {
    advance(owned, rows[at]!, verdicts[at]!);
    owned.relay.push(outbox);
  }
  tell(options, flush!, shares, verdicts, {
    seconds: (performance.now() - began) / 1_000,
    traceparent: trace.example(),
  });
  return { kind: 'committed' };
}

/** It is committed: whoever fails at hearing of it must not have it written again. */
function tell(
  options: FencedConsumerOptions,
  flush: Flush,
  shares: readonly Share[],
  verdicts: readonly Verdict[],
  took: { readonly seconds: number; readonly traceparent: string | undefined },
): void {
  const { observer, logger } = options;
  try {
    if (flush.partitions.length > 0) options.committed?.(flush);
    const records = shares.reduce((sum, share) => sum + share.given.length, 0);
    observer?.flushed?.({ partitions: shares.length, records, ...took });
    for (const { deadLetters } of shares) for (const { reason } of deadLetters) observer?.deadLettered?.(reason);
    for (const [at, verdict] of verdicts.entries())
      for (const key of verdict.kind === 'go_on' ? verdict.newlySetAside : [])
        logger.error(
          { partition: shares[at]!.partition, key },
          'SET ASIDE: too many records in a row of one vehicle cannot be used, its next ones go straight to the dead letters',
        );
  } catch (error) {
    logger.error({ err: error }, 'a listener failed after a commit');
  }
}

function* recordsOf(parts: readonly FlushPart[]): Iterable<StoredRecord> {
  for (const { records } of parts) yield* records;
}

function wordFor(error: unknown): string {
  return error instanceof Fenced ? 'fenced' : error instanceof Limited ? 'too_many_dead_letters' : 'flush_failed';
}

interface Share extends FlushPartition {
  readonly owned: OwnedPartition;
  /** With those of vehicles that are set aside. */
  readonly given: readonly StoredRecord[];
  readonly outbox: OutboxRow[];
  readonly deadLetters: DeadLetter[];
}

function createShare({ owned, records: given }: FlushPart, publishTo: string | undefined, trace: TracedBatch): Share {
  const { partition } = owned;
  const outbox: OutboxRow[] = [];
  const deadLetters: DeadLetter[] = [];
  const { setAside } = owned.suspicion;
  const isSetAside = ({ key }: StoredRecord) => key !== null && setAside.has(key);
  if (setAside.size > 0)
    for (const record of given) if (isSetAside(record)) deadLetters.push({ ...record, reason: VEHICLE_SET_ASIDE });
  return {
    partition,
    claim: owned,
    watermark: owned.watermark,
    records: setAside.size === 0 ? given : given.filter((record) => !isSetAside(record)),
    owned,
    given,
    outbox,
    deadLetters,
    traceparentFor: ({ traceparent }) => trace.traceparentFor(traceparent),
    publish({ fleetId, vehicleId, type, id, revision, data, receivedAt, traceparent }) {
      if (publishTo === undefined) throw new Error('this consumer has no topic to publish to');
      const seq = owned.nextSeq + outbox.length;
      const payload = encodeEvent({ type, fleetId, partition, seq, data, receivedAt }).toString();
      const row = { partition, seq, fleetId, vehicleId, type, id, revision, payload };
      outbox.push(traceparent === undefined ? row : { ...row, traceparent });
    },
    deadLetter({ offset, key, value, timestamp }, reason, detail) {
      deadLetters.push({ partition, offset, key, value, timestamp, reason, detail });
    },
  };
}

function judge({ owned, given, deadLetters }: Share): Verdict {
  const dead = new Set(deadLetters.map(({ offset }) => offset));
  return judgeDeadLetters(owned.suspicion, given, ({ offset }) => dead.has(offset));
}

function fenceRow({ owned, given, outbox }: Share): FenceRow {
  const last = given.at(-1);
  return {
    partition: owned.partition,
    epoch: owned.epoch,
    revision: owned.revision,
    nextOffset: last ? last.offset + 1 : owned.nextOffset,
    nextSeq: owned.nextSeq + outbox.length,
    publishedSeq: owned.relay.publishedSeq(),
    watermark: last?.timestamp,
  };
}

/** What was written is what we hold now. */
function advance(owned: OwnedPartition, row: FenceRow, verdict: Verdict): void {
  if (verdict.kind === 'go_on') owned.suspicion = verdict.suspicion;
  owned.revision = row.revision + 1;
  owned.nextOffset = row.nextOffset;
  owned.nextSeq = row.nextSeq;
  owned.publishedSeq = row.publishedSeq;
  owned.watermark = row.watermark ?? owned.watermark;
  owned.committedAt = Date.now();
}

class Limited extends Error {
  constructor(readonly limits: ReadonlyMap<number, Limit>) {
    super('too many records would be set aside');
  }
}

class Fenced extends Error {
  constructor(readonly partitions: readonly number[]) {
    super(`partitions ${partitions.join(', ')} are not ours any more`);
  }
}

// Logins, catalogues, missing tables and columns, rights, resources: a record's content decides none of them. Waiting keeps what a
// migration that was forgotten would otherwise set aside record by record.
const INSTALLATION = /^(28|3D|3F|42|53|57|58)[0-9A-Z]{3}$/;

function isOfTheInstallation(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && INSTALLATION.test(code)) return true;
  }
  return false;
}

// lock_not_available, deadlock_detected
function isLocked(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (code === '55P03' || code === '40P01') return true;
  }
  return false;
}
