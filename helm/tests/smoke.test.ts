import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS, type MetricName } from '@corral/runtime';
import { CHART, ROOT } from './helm';

// A real Corral, embedded: what the pods of `helm test` run is run against it, and its metrics are scraped.
let corral: ChildProcess;
let folder: string;
let url: string;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-smoke-'));
  corral = spawn(process.execPath, [join(ROOT, 'apps/corral/bin/corral.cjs'), 'up', '--port', '0'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      CORRAL_DATA_DIR: join(folder, 'data'),
      // Nobody is there; spans are counted only where they are to be sent somewhere.
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      CORRAL_BOOTSTRAP_API_KEY: 'a-known-key-of-the-smoke-test-0123456789',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ready = new Promise<string>((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += String(chunk);
      const found = /Corral is ready: (http:\/\/\S+)/.exec(said);
      if (found) resolve(found[1]!);
    };
    corral.stdout!.on('data', listen);
    corral.stderr!.on('data', listen);
    corral.once('exit', (code) => reject(new Error(`corral up ended with ${code}:\n${said}`)));
  });
  url = await ready;
  key = 'a-known-key-of-the-smoke-test-0123456789';
}, 180_000);

afterAll(async () => {
  const ended = new Promise((resolve) => corral.once('exit', resolve));
  corral.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(CHART, 'files/tests', script)], {
    env: { PATH: process.env.PATH, GATEWAY_URL: url, INGESTION_URL: url, CORRAL_API_KEY: key, TIMEOUT_SECONDS: '60' },
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code, said })));
}

test('[63] the pipeline test of `helm test` follows a heartbeat to its alert on a real Corral', async () => {
  const { code, said } = await run('pipeline-smoke.mjs');
  expect(said).toContain('ok  somebody is told that the ride ended where it may not');
  expect(said).toContain('ok  the vehicle is on the map');
  expect(code).toBe(0);
});

test('it fails when the API refuses it', async () => {
  key = 'another-key-that-nobody-knows-0123456789';
  const { code, said } = await run('pipeline-smoke.mjs');
  key = 'a-known-key-of-the-smoke-test-0123456789';
  expect(code).toBe(1);
  expect(said).toContain('401');
});

test('[63] the API test of `helm test` knocks at both doors', async () => {
  const { said } = await run('api-smoke.mjs');
  // Embedded, metrics are on the main port, so its last question has another answer here; the three before it are asked alike.
  expect(said).toContain('ok  the API describes itself: 200');
  expect(said).toContain('ok  a stranger sees no vehicles: 401');
  expect(said).toContain('ok  a stranger sends no heartbeats: 401');
});

test('[56] every metric of rules and dashboards is exported by a running Corral', async () => {
  const scraped = await (await fetch(`${url}/metrics`)).text();
  const exported = new Set([...scraped.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!));
  const texts = [
    'rules/corral.rules.yaml',
    ...['promises', 'in', 'through', 'out'].map((slug) => `dashboards/${slug}.json`),
  ].map((file) => readFileSync(join(CHART, file), 'utf8'));
  const asked = (Object.keys(METRICS) as MetricName[]).filter((name) =>
    texts.some((text) => new RegExp(`\\b${name}(_bucket|_count|_sum)?\\b`).test(text)),
  );
  expect(asked.length).toBeGreaterThan(40);
  expect(asked.filter((name) => !exported.has(name) && !exported.has(name.replace(/_total$/, '')))).toEqual([]);
});
