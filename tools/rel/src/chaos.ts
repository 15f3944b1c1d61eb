import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from './rel-folder';
import { giveOrder } from './supervisor/control-socket';

/** How `rel chaos` was called. */
export interface ChaosOptions {
  /** Parts by name; `all`: every service. */
  readonly kill: readonly string[];
  readonly signal: NodeJS.Signals;
  readonly everyMs: number;
  readonly forMs: number;
  /** How long a part stays down. */
  readonly downMs: number;
  readonly restart: boolean;
  /** STOP, and CONT after so long, instead of ending anything. */
  readonly pauseMs?: number;
  readonly say: (line: string) => void;
  readonly abort: AbortSignal;
}

/** What chaos did. */
export interface ChaosReport {
  readonly rounds: number;
  readonly blows: number;
  readonly byPart: Readonly<Record<string, { blows: number; slowestBackMs: number }>>;
  /** Blows that fell while the part was still coming back from the one before. */
  readonly whileStarting: number;
  /** Blows that were left out, for the part had already been struck while coming back and was not ready again since. */
  readonly spared: number;
}

/** A part that has just come back gets this share of the period to do something. */
const BREATH = 0.25;

/**
 * Strikes the named parts, all at the same time, again and again; each comes back at once. The first blow falls after one period. A part is struck while it
 * comes back as well, but once, and then not before it was ready: on a machine so slow that nobody is ready within a period, nothing would ever be tested.
 */
export async function chaos(folder: RelFolder, options: ChaosOptions): Promise<ChaosReport> {
  const status = await giveOrder(folder.socket, { do: 'status' });
  if (status?.parts === undefined) throw new Error('no rig runs here: `rel up` starts one');
  const targets = [...new Set(options.kill.flatMap((name) => (name === 'all' ? (status.services ?? []) : [name])))];
  const unknown = targets.filter((name) => !status.parts!.some(({ part }) => part === name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')} here, only ${status.parts.map(({ part }) => part).join(', ')}`);

  const byPart: Record<string, { blows: number; slowestBackMs: number }> = {};
  const states = new Map(targets.map((part) => [part, { underway: 0, whileStarting: 0, readyAt: -Infinity }]));
  const blows: Promise<void>[] = [];
  let rounds = 0;
  let [whileStarting, spared] = [0, 0];
  let failure: unknown;
  const began = performance.now();
  for (let at = options.everyMs; at <= options.forMs && failure === undefined; at += options.everyMs) {
    await sleep(Math.max(0, began + at - performance.now()), undefined, { signal: options.abort }).catch(
      () => undefined,
    );
    if (options.abort.aborted || failure !== undefined) break;
    rounds += 1;
    for (const part of targets) {
      const state = states.get(part)!;
      if (state.underway > 0 ? state.whileStarting > 0 : performance.now() - state.readyAt < BREATH * options.everyMs) {
        spared += 1;
        continue;
      }
      if (state.underway > 0) {
        whileStarting += 1;
        state.whileStarting += 1;
      }
      state.underway += 1;
      const count = (byPart[part] ??= { blows: 0, slowestBackMs: 0 });
      count.blows += 1;
      blows.push(
        strike(folder, part, options)
          .then((backMs) => void (count.slowestBackMs = Math.max(count.slowestBackMs, backMs)))
          .catch((error: unknown) => void (failure ??= error))
          .finally(() => {
            state.underway -= 1;
            if (state.underway > 0) return;
            state.whileStarting = 0;
            state.readyAt = performance.now();
          }),
      );
    }
  }
  await Promise.all(blows);
  if (failure !== undefined) throw new Error('strike a part of the rig', { cause: failure });
  return { rounds, blows: blows.length, byPart, whileStarting, spared };
}

async function strike(folder: RelFolder, part: string, options: ChaosOptions): Promise<number> {
  const { signal, downMs, restart, pauseMs, say } = options;
  const began = performance.now();
  if (pauseMs !== undefined) {
    await giveOrder(folder.socket, { do: 'signal', parts: [part], signal: 'SIGSTOP' });
    await sleep(pauseMs);
    await giveOrder(folder.socket, { do: 'signal', parts: [part], signal: 'SIGCONT' });
    say(`${part} stood still for ${Math.round(performance.now() - began)} ms`);
    return 0;
  }
  const answer = await giveOrder(folder.socket, { do: 'strike', part, signal, downMs, restart });
  const { pid, exit, backAfterMs } = answer?.struck ?? {};
  say(
    `${signal} ${part} (pid ${pid ?? '-'}): ${exit ?? 'ended'}${backAfterMs === undefined ? '' : `, ready again after ${backAfterMs} ms`}`,
  );
  return backAfterMs ?? 0;
}
