import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from './support/api';
import { factsOfEvaluate } from './support/facts';
import { freePort } from './support/free-port';
import { commandOf, isAlive, processTree } from './support/process-tree';
import { bareEnvironment, follow, ROOT, untilPrinted, type Program } from './support/program';
import { readEvents } from './support/server-sent-events';
import { until } from './support/until';

describe('npm start, as a newcomer runs it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'corral-e2e-'));
  let program: Program;
  let api: Api;
  let url: string;
  let apiKey: string;

  beforeAll(async () => {
    const port = await freePort();
    program = follow(
      'npm start',
      spawn('npm', ['start'], {
        cwd: ROOT,
        detached: true, // a group of its own, as a terminal makes one
        env: { ...bareEnvironment(), CORRAL_DATA_DIR: dataDir, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const startedAt = Date.now();
    [, url] = (await untilPrinted(program, /Corral is ready: (http:\S+)/, 60_000)) as unknown as [string, string];
    console.info(`ready after ${Date.now() - startedAt} ms`);
    const demo = readFileSync(join(dataDir, 'demo.env'), 'utf8');
    apiKey = /CORRAL_API_KEY='?([^'\n]+)/.exec(demo)![1]!;
    expect(demo).toContain(url);
    api = createApi(url, apiKey);
  }, 120_000);
  afterAll(() => {
    if (program.ended() === undefined) process.kill(-program.pid, 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('keeps the key to its owner, and prints three lines that work as pasted', async () => {
    expect(statSync(join(dataDir, 'demo.env')).mode & 0o777).toBe(0o600);
    const lines = program
      .output()
      .split('\n')
      .filter((line) => line.trim().startsWith('curl '));
    expect(lines).toHaveLength(3);
    const [send, see, follow] = lines as [string, string, string];
    expect(JSON.parse(await shell(send))).toEqual({ accepted: 1, rejected: [] });
    expect(
      JSON.parse(
        await until('sim-001 is there', async () =>
          ((text) => (text.includes('"sim-001"') ? text : undefined))(await shell(see)),
        ),
      ),
    ).toMatchObject({ id: 'sim-001' });
    expect(await shell(`timeout 20 ${follow} | head -n 1`)).toMatch(/^(:|id:|event:|retry:)/);
  }, 60_000);

  it('raises an alert that list and live stream name alike, and that corral evaluate decides alike', async () => {
    const told: string[] = [];
    const stream = readEvents(`${url}/v1/live/events?kinds=alert`, apiKey, (event) =>
      told.push(JSON.parse(event.data).id),
    );
    try {
      const alert = await until(
        'an alert is in the list and on the stream',
        async () => (await api.get('/v1/alerts')).body.items.find((one: any) => told.includes(one.id)),
        { withinMs: 120_000, everyMs: 500 },
      );
      const track = (await api.all(`/v1/vehicles/${alert.vehicleId}/telemetry`)).reverse();
      const zones = (await api.get('/v1/zone-sets/current?format=geojson')).body;
      const violation = (await api.get(`/v1/violations?vehicleId=${alert.vehicleId}`)).body.items.find((one: any) =>
        alert.violationIds.includes(one.id),
      );
      const decided = factsOfEvaluate(zones, track);
      expect(decided.some((line) => line.startsWith(`violation ${violation.id} `))).toBe(true);
    } finally {
      stream.close();
    }
  }, 150_000);

  it('is gone on Ctrl-C, PostgreSQL too, within eight seconds', async () => {
    const tree = processTree(program.pid);
    expect(tree.length).toBeGreaterThan(3);
    const before = Date.now();
    process.kill(-program.pid, 'SIGINT');
    await until('every process has ended', () => (tree.some(isAlive) ? undefined : true), {
      withinMs: 8_000,
      onTimeout: () => [tree.filter(isAlive).map(commandOf), program.output().slice(-1_000)],
    });
    console.info(`${tree.length} processes gone after ${Date.now() - before} ms`);
  }, 30_000);
});

/** Runs a line as pasted into a shell; what it printed on standard output. */
function shell(line: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', () => resolve(output));
  });
}
