import { createHash } from 'node:crypto';
import type { Queryable } from './queryable';
import { unnestRows } from './unnest-rows';

/** A record nobody can use, with its raw bytes: what was read, why it was refused. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  /** The record's own timestamp, epoch ms. */
  readonly timestamp: number;
  /** A word: the metric's label. */
  readonly reason: string;
  readonly detail?: string;
}

/** Sets records aside, in the transaction that moves past them; one that is already there stays as it is. */
export async function writeDeadLetters(
  tx: Queryable,
  consumer: string,
  topic: string,
  letters: readonly DeadLetter[],
): Promise<void> {
  if (letters.length === 0) return;
  const given = unnestRows(
    letters,
    {
      id: ['text', (letter) => deadLetterId(consumer, topic, letter)],
      partition: ['int', (letter) => letter.partition],
      record_offset: ['bigint', (letter) => letter.offset],
      key: ['text', (letter) => withoutNul(letter.key)],
      value: ['bytea', (letter) => (letter.value === null ? null : Buffer.from(letter.value))],
      reason: ['text', (letter) => letter.reason],
      detail: ['text', (letter) => withoutNul(letter.detail)],
      record_timestamp: ['timestamptz', (letter) => letter.timestamp],
    },
    3,
  );
  await tx.query(
    `INSERT INTO dead_letter (consumer, topic, ${given.columns}) SELECT $1, $2, ${given.select} FROM ${given.from}
     ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING`,
    [consumer, topic, ...given.values],
  );
}

/** The same record has the same id whoever reads it again. */
function deadLetterId(consumer: string, topic: string, letter: DeadLetter): string {
  const place = [consumer, topic, letter.partition, letter.offset].join('\n');
  return `dlq_${createHash('sha256').update(place).digest('hex').slice(0, 32)}`;
}

// PostgreSQL's text cannot hold U+0000; the raw bytes keep it.
function withoutNul(text: string | null | undefined): string | null {
  return text?.replaceAll('\u0000', '\uFFFD') ?? null;
}
