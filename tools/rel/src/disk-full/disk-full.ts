import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, USUAL_CHECKS } from '../check/check';
import { judgeCheck } from '../check/judge-check';
import { gen } from '../gen/gen';
import type { RelFolder } from '../rel-folder';
import type { Stage } from '../scenario/open-stage';
import { runScenario, type ScenarioOptions, type ScenarioReport } from '../scenario/run-scenario';
import { mountSmallDisk, type SmallDisk } from './small-disk';

/** How `rel disk-full` was called. */
export interface DiskFullOptions extends ScenarioOptions {
  readonly seed: number;
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
export async function diskFull(folder: RelFolder, options: DiskFullOptions): Promise<ScenarioReport> {
  rmSync(folder.root, { recursive: true, force: true });
  mkdirSync(folder.data, { recursive: true });
  const disk = mountSmallDisk(folder.data, DISK_MB);
  if (typeof disk === 'string')
    return {
      ...{ title: 'disk-full', rig: 'none', seconds: 0, holds: false },
      judgements: [{ promise: 'this place lets us fill a disk', kept: false, seen: disk }],
    };
  try {
    const rig = { embedded: true, partitions: 4, sessionTimeout: '2s', fresh: false };
    return await runScenario(folder, 'disk-full', rig, options, (stage) => press(folder, stage, disk, options));
  } finally {
    disk.unmount();
  }
}

async function press(folder: RelFolder, stage: Stage, disk: SmallDisk, options: DiskFullOptions): Promise<void> {
  const { seed, n, rate, say, abort } = options;
  let [taken, refused] = [0, 0];
  const loading = gen(folder, {
    ...{ seed, n, rate, vehicles: 200, calm: 4, batch: 10, spread: 1, conc: 16, dup: 0, late: 0.02 },
    giveUpMs: 2 * PATIENCE_MS,
    progress: say,
    abort,
    observe: ({ status }: { status: number }) => void (status === 202 ? (taken += 1) : (refused += 1)),
  });
  loading.catch(() => undefined);
  await stage.within(PATIENCE_MS, async () => taken >= 100);
  disk.fill(LEFT_MB);
  say(`the disk has ${disk.freeMb().toFixed(1)} MB left`);
  const full = await stage.within(PATIENCE_MS, async () => refused > 0);
  stage.judge('a full disk is answered with a refusal', full !== undefined, `after ${full} ms, ${taken} requests taken before`);
  const before = taken;
  await sleep(FULL_MS);
  say(`${taken - before} requests taken and ${refused} refused while the disk was full`);
  const said = sentencesOf(folder).find((line) => /no space left|disk is (nearly )?full/i.test(line));
  stage.judge('it is said in the log what is wrong', said !== undefined, said?.slice(0, 200) ?? 'nothing of a disk');

  disk.empty();
  const at = taken;
  const back = await stage.within(PATIENCE_MS, async () => taken > at);
  stage.judge('once there is room again heartbeats are taken again, by itself', back !== undefined, `after ${back} ms`);
  const loaded = await loading;
  stage.judge('all of the load was accepted in the end', loaded.finished && loaded.acknowledged >= n, `${loaded.acknowledged} of ${n}`);
  const checked = await check(folder, { names: USUAL_CHECKS, waitMs: PATIENCE_MS, signal: abort, progress: say });
  for (const { promise, kept, seen } of judgeCheck(checked)) stage.judge(promise, kept, seen);
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
