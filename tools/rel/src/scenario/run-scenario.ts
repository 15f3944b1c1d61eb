import { down } from '../down';
import { allKept, type Judgement } from '../judgement';
import type { RelFolder } from '../rel-folder';
import { giveOrder } from '../supervisor/control-socket';
import { up, type UpOptions } from '../up';
import { openStage, type Stage } from './open-stage';

/** How any scenario is called. */
export interface ScenarioOptions {
  readonly build: boolean;
  readonly say: (line: string) => void;
  readonly abort: AbortSignal;
}

/** What came of one. */
export interface ScenarioReport {
  readonly title: string;
  readonly rig: string;
  readonly judgements: readonly Judgement[];
  readonly seconds: number;
  readonly holds: boolean;
}

/** A fresh rig, what is to happen on it, and the rig's end, however that goes. */
export async function runScenario(
  folder: RelFolder,
  title: string,
  rig: Pick<UpOptions, 'embedded' | 'partitions' | 'sessionTimeout'>,
  { build, say, abort }: ScenarioOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<ScenarioReport> {
  const began = performance.now();
  await up(folder, { ...rig, fresh: true, build, say });
  try {
    const stage = await openStage(folder, say);
    try {
      await play(stage);
      abort.throwIfAborted();
      return {
        ...{ title, judgements: stage.judgements },
        rig: (await giveOrder(folder.socket, { do: 'status' }))?.mode ?? '',
        seconds: Math.round((performance.now() - began) / 1_000),
        holds: allKept(stage.judgements),
      };
    } finally {
      await stage.close();
    }
  } finally {
    await down(folder, say);
  }
}
