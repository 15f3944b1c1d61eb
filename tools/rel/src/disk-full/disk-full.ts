import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, USUAL_CHECKS } from '../check/check';
import { judgeCheck } from '../check/judge-check';
import type { RelFolder } from '../rel-folder';
import { startLoad } from '../scenario/load';
import { operate, type Operator } from '../scenario/operate';
import { playScenario, type ScenarioOptions, type Stage } from '../scenario/scenario';
import { createVerdict } from '../scenario/verdict';
import { mountSmallDisk, type SmallDisk } from './small-disk';

/** How `rel disk-full` was called. */
export interface DiskFullOptions extends ScenarioOptions {
  readonly n: number;
  readonly rate: number;
}

const DISK_MB = 320;
/** What is left when the load begins to press. */
const LEFT_MB = 8;
/** How long the disk stays full. */
const FULL_MS = 15_000;
const PATIENCE_MS = 120_000;

/** `rel disk-full`: an embedded Corral whose disk fills up under load, stays full for a while, and has room again. */
export async function diskFull(folder: RelFolder, options: DiskFullOptions): Promise<boolean> {
  rmSync(folder.root, { recursive: true, force: true });
  mkdirSync(folder.data, { recursive: true });
  const disk = mountSmallDisk(folder.data, DISK_MB);
  if (typeof disk === 'string') {
    const verdict = createVerdict(options.tell);
    verdict.that('this place lets us fill a disk', false, disk);
    options.tell(verdict.closing());
    return false;
  }
  try {
    return await playScenario(folder, { embedded: true, partitions: 4, fresh: false }, options, async (stage) => {
      const operator = await operate(stage);
      try {
        await press(stage, operator, disk, options);
      } finally {
        await operator.close();
      }
    });
  } finally {
    disk.unmount();
  }
}

async function press(stage: Stage, operator: Operator, disk: SmallDisk, { n, rate }: DiskFullOptions): Promise<void> {
  const { folder, verdict, say, abort } = stage;
  const load = startLoad(stage, { n, rate, calm: 4, late: 0.02, conc: 16, giveUpMs: 2 * PATIENCE_MS });
  const count = (isTaken: boolean) => load.answers.filter(({ status }) => (status === 202) === isTaken).length;
  await operator.within(PATIENCE_MS, async () => count(true) >= 100);
  disk.fill(LEFT_MB);
  say(`the disk has ${disk.freeMb().toFixed(1)} MB left`);
  const full = await operator.within(PATIENCE_MS, async () => count(false) > 0);
  verdict.that(
    'a full disk is answered with a refusal',
    full !== undefined,
    `after ${full} ms, ${count(true)} requests taken before`,
  );
  const before = count(true);
  await sleep(FULL_MS);
  say(`${count(true) - before} requests taken and ${count(false)} refused while the disk was full`);
  const said = sentencesOf(folder).find((line) => /no space left|disk is (nearly )?full/i.test(line));
  verdict.that('it is said in the log what is wrong', said !== undefined, said?.slice(0, 200) ?? 'nothing of a disk');

  disk.empty();
  const at = count(true);
  const back = await operator.within(PATIENCE_MS, async () => count(true) > at);
  verdict.that(
    'once there is room again heartbeats are taken again, by itself',
    back !== undefined,
    `after ${back} ms`,
  );
  const loaded = await load.done;
  verdict.that(
    'all of the load was accepted in the end',
    loaded.finished && loaded.acknowledged >= n,
    `${loaded.acknowledged} of ${n}`,
  );
  const checked = await check(folder, { names: USUAL_CHECKS, waitMs: PATIENCE_MS, signal: abort, progress: say });
  for (const { promise, kept, seen } of judgeCheck(checked)) verdict.that(promise, kept, seen);
}

/** What Corral and its PostgreSQL wrote down. */
function sentencesOf(folder: RelFolder): string[] {
  return [join(folder.log, 'corral.log'), join(folder.data, 'corral/postgres.log')].flatMap((file) => {
    try {
      return readFileSync(file, 'utf8').split('\n');
    } catch {
      return [];
    }
  });
}
