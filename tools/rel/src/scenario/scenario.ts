import { down } from '../down';
import { readEnv, type RelFolder } from '../rel-folder';
import { giveOrder, type Answer, type Order } from '../supervisor/control-socket';
import type { RigOptions } from '../supervisor/supervise';
import { up } from '../up';
import { createVerdict, type Verdict } from './verdict';

/** What every scenario is told. */
export interface ScenarioOptions {
  readonly seed: number;
  /** Whether the bundles are built first. */
  readonly build: boolean;
  /** Progress, line by line. */
  readonly say: (line: string) => void;
  /** The verdict, line by line. */
  readonly tell: (line: string) => void;
  readonly abort: AbortSignal;
}

/** What a scenario works with: a rig that was made for it alone. */
export interface Stage extends ScenarioOptions {
  readonly folder: RelFolder;
  readonly env: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  /** Gives the rig's supervisor an order. */
  order(order: Order): Promise<Answer>;
}

/** Plays a scenario on a fresh rig and ends the rig, however that went. Answers whether every promise held. */
export async function playScenario(
  folder: RelFolder,
  rig: Partial<RigOptions & { readonly fresh: boolean }>,
  options: ScenarioOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<boolean> {
  const began = performance.now();
  const verdict = createVerdict(options.tell);
  try {
    const { mode } = await up(folder, {
      ...{ embedded: false, partitions: 6, sessionTimeout: '2s', fresh: true, ...rig },
      ...{ build: options.build, say: options.say },
    });
    verdict.fact(`${mode}; seed ${options.seed}`);
    const order = async (given: Order) => {
      const answer = await giveOrder(folder.socket, given);
      if (answer === undefined) throw new Error('the rig has gone');
      return answer;
    };
    await play({ ...options, folder, env: readEnv(folder), verdict, order });
    verdict.fact(`${Math.round((performance.now() - began) / 1_000)} s in all`);
  } finally {
    await down(folder, options.say);
  }
  options.tell(verdict.closing());
  return verdict.holds();
}
