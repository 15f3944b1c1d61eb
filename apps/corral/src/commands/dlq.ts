import {
  countDeadLetters,
  findDeadLetter,
  readDeadLetters,
  type DeadLetterFilter,
  type StoredDeadLetter,
} from '@corral/database';
import { parseDuration } from '@corral/runtime';
import type { Print } from './add-commands';
import { CommandFailure } from './api-client';
import { createProgress } from './progress';
import { withStorage } from './reach-storage';
import { replayDeadLetters } from './replay-dead-letters';

/** Which dead letters, as given on the command line. */
export interface DlqFlags {
  readonly consumer?: string;
  readonly reason?: string;
  readonly vehicle?: string;
  readonly since?: string;
  readonly until?: string;
}

/** `corral dlq list`: how many of which kind, and the newest places of each page. */
export async function dlqList(env: NodeJS.ProcessEnv, flags: DlqFlags & { limit: number }, print: Print) {
  const filter = filterOf(flags, Date.now());
  await withStorage(env, async ({ database }) => {
    const counts = await countDeadLetters(database, filter);
    const letters = await readDeadLetters(database, filter, flags.limit);
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    const lines = [
      ...counts.map(
        ({ consumer, topic, reason, count, replayed, vehicles, first, last }) =>
          `${consumer}  ${reason}: ${count} of ${topic}, ${vehicles} vehicles, ${replayed} replayed, ${said(first)} to ${said(last)}`,
      ),
      ...letters.map(
        ({ id, consumer, topic, partition, offset, key, reason, value, replayedAt }) =>
          `${id.slice(0, 16)}  ${consumer}  ${topic}/${partition}@${offset}  ${key ?? '(no key)'}  ${reason}  ${value === null ? 'no content' : `${value.length} bytes`}${replayedAt === null ? '' : '  replayed'}`,
      ),
      total === 0
        ? 'No dead letters.'
        : total > letters.length
          ? `${letters.length} of ${total} shown; --limit shows more.`
          : `${total} shown.`,
    ];
    print({ counts: counts.map(sayCount), items: letters.map(withoutBytes) }, lines.join('\n'));
  });
}

/** `corral dlq show`: one of them, with its bytes. */
export async function dlqShow(env: NodeJS.ProcessEnv, id: string, print: Print) {
  await withStorage(env, async ({ database }) => {
    const letter = await findDeadLetter(database, id);
    if (letter === undefined) throw new CommandFailure(`There is no dead letter ${id}, or more than one begins so.`);
    const shown = { ...withoutBytes(letter), base64: letter.value?.toString('base64') ?? null };
    const lines = Object.entries(withoutBytes(letter)).map(([name, value]) => `${name.padEnd(12)} ${value ?? '-'}`);
    print(shown, [...lines, '', letter.value === null ? '(no content)' : printable(letter.value)].join('\n'));
  });
}

/** `corral dlq replay`: appends the raw bytes again. Without a filter only with `--all`; those replayed before only with `--again`. */
export async function dlqReplay(
  env: NodeJS.ProcessEnv,
  flags: DlqFlags & { all?: boolean; again?: boolean; dryRun?: boolean; rate: number },
  print: Print,
) {
  const filter = filterOf(flags, Date.now());
  if (Object.keys(filter).length === 0 && flags.all !== true)
    throw new CommandFailure('Say which: --consumer, --reason, --vehicle, --since, --until, or --all.');
  const dryRun = flags.dryRun ?? false;
  await withStorage(env, async (storage) => {
    // A record that is refused again while this runs is a new dead letter: it waits for the next replay.
    const until = filter.until ?? Date.now();
    const progress = createProgress();
    const done = await replayDeadLetters(
      storage,
      { ...filter, until, ...(flags.again === true ? {} : { replayed: false }) },
      {
        rate: flags.rate,
        dryRun,
        signal: new AbortController().signal,
        progress: (records) => progress.show(`${records} appended again`),
      },
    );
    progress.end();
    const { records, withoutContent } = done;
    print(
      done,
      [
        dryRun ? `${records} would be appended again.` : `${records} appended again.`,
        ...(withoutContent > 0 ? [`${withoutContent} have no content and stay.`] : []),
      ].join('\n'),
    );
  });
}

/** Times as RFC 3339, or as a duration before now. Throws a sentence for anything else. */
export function filterOf({ since, until, ...rest }: DlqFlags, now: number): DeadLetterFilter {
  const given = { ...pick(rest), since: timeOf('--since', since, now), until: timeOf('--until', until, now) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function pick({ consumer, reason, vehicle }: DlqFlags): DeadLetterFilter {
  return { consumer, reason, vehicle };
}

function timeOf(flag: string, given: string | undefined, now: number): number | undefined {
  if (given === undefined) return undefined;
  const ago = parseDuration(given);
  const at = ago === undefined ? Date.parse(given) : now - ago;
  if (!Number.isFinite(at))
    throw new CommandFailure(`${flag} ${given}: give a time such as 2026-11-21T10:00:00Z, or a duration such as 2h`);
  return at;
}

function withoutBytes({ value, createdAt, replayedAt, timestamp, ...rest }: StoredDeadLetter) {
  return {
    ...rest,
    bytes: value?.length ?? null,
    recordAt: said(timestamp),
    setAsideAt: said(createdAt),
    replayedAt: replayedAt === null ? null : said(replayedAt),
  };
}

function sayCount<Count extends { first: number; last: number }>(count: Count) {
  return { ...count, first: said(count.first), last: said(count.last) };
}

/** As text where it is text, else its bytes in hex; at most 4 KB of it, and nothing that a terminal would obey. */
function printable(value: Buffer): string {
  const head = value.subarray(0, 4_096);
  const text = head.toString('utf8');
  const isText = !text.slice(0, -1).includes('\uFFFD');
  const shown = isText ? text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\uFFFD') : head.toString('hex');
  return value.length > head.length ? `${shown}\n… ${value.length - head.length} more bytes (--json has all)` : shown;
}

function said(ms: number): string {
  return new Date(ms).toISOString();
}
