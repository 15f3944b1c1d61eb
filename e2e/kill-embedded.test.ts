import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from './support/api';
import { freePort } from './support/free-port';
import { isAlive, processTree } from './support/process-tree';
import { startProgram, untilPrinted, type Program } from './support/program';
import { until } from './support/until';

const API_KEY = 'an-api-key-for-the-end-to-end-tests-0003';
const ROUNDS = 10;
const VEHICLES = 10;
/** Acknowledged at least between two kills. */
const PER_ROUND = 500;

describe('an embedded Corral that is killed again and again', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'corral-e2e-'));
  let port: number;
  let program: Program | undefined;
  let api: Api;
  const start = () =>
    startProgram('corral', 'apps/corral/bin/corral.cjs', ['up', '--port', String(port)], {
      CORRAL_DATA_DIR: dataDir,
      CORRAL_BOOTSTRAP_API_KEY: API_KEY,
      LOG_LEVEL: 'error',
    });

  beforeAll(async () => {
    port = await freePort();
    api = createApi(`http://127.0.0.1:${port}`, API_KEY);
  });
  afterAll(async () => {
    await program?.end('SIGTERM');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('has every acknowledged heartbeat in the telemetry afterwards', async () => {
    const acknowledged = new Map<string, string[]>();
    let clock = Date.now() - 3_600_000;
    let kills = 0;

    /** Posts until the connection breaks; what was answered 202 is a promise. */
    async function load(vehicleId: string, going: () => boolean): Promise<void> {
      while (going()) {
        const heartbeats = Array.from({ length: 10 }, () => ({
          vehicleId,
          measuredAt: new Date((clock += 10)).toISOString(),
          lat: 52.37,
          lng: 4.9,
        }));
        const answer = await api.post('/v1/heartbeats', { heartbeats });
        if (answer.status !== 202) return;
        acknowledged.set(vehicleId, [
          ...(acknowledged.get(vehicleId) ?? []),
          ...heartbeats.map((heartbeat) => heartbeat.measuredAt),
        ]);
      }
    }
    const total = () => [...acknowledged.values()].reduce((sum, times) => sum + times.length, 0);

    for (let round = 0; round < ROUNDS; round += 1) {
      program = start();
      // Some rounds kill a start under way, too: the next start has to cope with what that left behind.
      if (round % 3 === 2) {
        await new Promise((resolve) => setTimeout(resolve, 150 + 250 * Math.random()));
        kill(program, round % 2 === 0);
        kills += 1;
        await until('it is dead', () => program!.ended());
        program = start();
      }
      await untilPrinted(program, /Corral is ready/, 60_000);
      const before = total();
      let going = true;
      const connections = Array.from({ length: VEHICLES }, (_, number) => load(`bike-${number}`, () => going));
      await until('enough is acknowledged', () => total() - before >= PER_ROUND || undefined);
      await new Promise((resolve) => setTimeout(resolve, 300 * Math.random()));
      kill(program, round % 2 === 0);
      kills += 1;
      going = false;
      await Promise.all(connections);
      await until('it is dead', () => program!.ended());
    }

    program = start();
    await untilPrinted(program, /Corral is ready/, 60_000);
    for (const [vehicleId, times] of acknowledged) {
      const kept = await until(
        `the track of ${vehicleId} is complete`,
        async () => {
          const found = new Set(
            (await api.all(`/v1/vehicles/${vehicleId}/telemetry`)).map((point) => point.measuredAt),
          );
          return times.every((time) => found.has(time)) ? found : undefined;
        },
        { withinMs: 30_000, everyMs: 500 },
      );
      expect(times.filter((time) => !kept.has(time))).toEqual([]);
    }
    console.info(`${kills} kills, ${total()} acknowledged heartbeats, all there`);
    expect(kills).toBeGreaterThanOrEqual(ROUNDS);
    expect(total()).toBeGreaterThanOrEqual(ROUNDS * PER_ROUND);
  }, 240_000);
});

/** kill -9 of the node process alone, or of everything it started. */
function kill(program: Program, everything: boolean): void {
  const tree = processTree(program.pid);
  for (const pid of everything ? tree : [program.pid]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}
