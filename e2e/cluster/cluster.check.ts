import { openTcpDoor, socketOf, startTestDatabase } from '@corral/database/testing';
import { startKafkaBroker } from '@corral/messaging/testing';
import { Closers } from '@corral/runtime';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApi } from '../support/api';
import type { Deployment } from '../support/deployment';
import { expectKeptAndDecided } from '../support/expect-kept-and-decided';
import { ROOT } from '../support/program';
import { startSwingingLoad } from '../support/swinging-load';
import { SWING_ZONES } from '../support/track-crossing';
import { until } from '../support/until';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver';

/** Takes an archive of an image into the cluster; `kind load image-archive` for instance. */
const LOAD = process.env.CORRAL_CLUSTER_LOAD;
const CHART = 'helm/corral';
const NAMESPACE = 'corral-e2e';
const DRY = 'corral-e2e-dry';
const RELEASE = 'corral';
const APPS = ['gateway', 'ingestion', 'geofence', 'notification', 'corral'];
const DEPLOYMENTS = ['gateway', 'ingestion', 'history', 'geofence', 'notification'];
const API_KEY = 'an-api-key-for-the-end-to-end-tests-0003';
const PER_SECOND = 200;
const VEHICLES = 40;

const closers = new Closers();
/** Where pods reach this machine. */
let host: string;
let values: string[];
let corral: Deployment;
let receiver: WebhookReceiver;
let load: ReturnType<typeof startSwingingLoad>;

beforeAll(async () => {
  host = process.env.CORRAL_CLUSTER_HOST ?? (await addressTowards(await nodeAddress()));
  if (LOAD)
    for (const app of APPS) await ok('sh', ['-c', `${LOAD} ${join(ROOT, `.cache/images/${app}.tar`)}`], undefined, 300);
  for (const name of [NAMESPACE, DRY]) {
    await kubectl('delete', 'namespace', name, '--ignore-not-found', '--timeout=120s');
    await kubectl('create', 'namespace', name);
    closers.add(`namespace ${name}`, async () => {
      await kubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=false');
    });
    for (const mode of ['enforce', 'warn'])
      await kubectl('label', 'namespace', name, `pod-security.kubernetes.io/${mode}=restricted`);
  }
  const database = await startTestDatabase({ synchronousCommit: true });
  closers.add('PostgreSQL', () => database.stop());
  const door = await openTcpDoor(socketOf(database.url), host);
  closers.add('its door', () => door.close());
  const broker = await startKafkaBroker({ host });
  closers.add('Kafka', () => broker.stop());
  receiver = await startWebhookReceiver(host);
  closers.add('receiver', () => receiver.close());
  await database.database.query('CREATE DATABASE cluster');
  // As the platform would: names in the cluster for what is outside of it.
  await applyOutside('postgres', door.port);
  await secret('corral-database', { uri: `postgresql://corral@postgres:${door.port}/cluster?sslmode=disable` });
  await secret('corral-auth', {
    'token-secret': 'a-token-secret-for-the-end-to-end-tests',
    'bootstrap-api-key': API_KEY,
  });
  values = [
    'database.existingSecret=corral-database',
    'auth.existingSecret=corral-auth',
    'auth.keys.bootstrapApiKey=bootstrap-api-key',
    `kafka.brokers[0]=${broker.bootstrap[0]}`,
    'kafka.partitions=6',
    'image.repository=localhost/corral',
    'gateway.service.type=NodePort',
    'ingestion.service.type=NodePort',
    ...DEPLOYMENTS.map((name) => `${name}.resources.requests.cpu=10m`),
  ].flatMap((value) => ['--set', value]);
  values.push('--set-string', `config.CORRAL_WEBHOOK_ALLOW_PRIVATE[0]=${host}/32`);
}, 600_000);
afterAll(async () => {
  await load?.stop().catch(() => undefined);
  await closers.close();
}, 120_000);

test('every file of values is accepted by the server, field by field', async () => {
  const files = readdirSync(join(ROOT, CHART, 'ci')).filter((name) => name.endsWith('-values.yaml'));
  const kinds = kindsIn(await kubectl('api-resources', '--no-headers'));
  const left: string[] = [];
  const deprecated: string[] = [];
  for (const file of files) {
    const rendered = await must('helm', [
      'template',
      RELEASE,
      CHART,
      '--namespace',
      DRY,
      '--values',
      `${CHART}/ci/${file}`,
    ]);
    const { known, foreign } = splitByKind(rendered, kinds);
    if (foreign.length > 0) left.push(`${file}: ${foreign.join(', ')}`);
    const { stderr } = await ok(
      'kubectl',
      ['apply', '--namespace', DRY, '--server-side', '--dry-run=server', '--field-manager=e2e', '-f', '-'],
      known,
    );
    // Deprecated is not yet refused: said aloud.
    const warnings = stderr.split('\n').filter((line) => line.startsWith('Warning'));
    deprecated.push(...warnings.filter((line) => line.includes('deprecated')).map((line) => `${file}: ${line}`));
    expect([file, warnings.filter((line) => !line.includes('deprecated'))]).toEqual([file, []]);
  }
  if (deprecated.length > 0) console.warn(deprecated.join('\n'));
  console.info(`${files.length} files of values; kinds this cluster does not have: ${left.join('; ') || 'none'}`);
}, 300_000);

test('the chart installs with its migration, and its own tests pass', async () => {
  await timed('helm install --wait', () =>
    must('helm', ['install', RELEASE, CHART, '--namespace', NAMESPACE, '--wait', '--timeout', '300s', ...values], 320),
  );
  await timed('helm test', () => must('helm', ['test', RELEASE, '--namespace', NAMESPACE, '--timeout', '120s'], 140));
  const ingestion = createApi(await serviceUrl('ingestion'), API_KEY);
  const gateway = createApi(await serviceUrl('gateway'), API_KEY);
  corral = {
    kind: 'Kubernetes',
    ingestion,
    gateway,
    cli: {},
    programs: () => new Map(),
    killAndRestart: () => Promise.reject(new Error('pods are deleted, not killed')),
    stop: async () => undefined,
  };
  expect((await gateway.post('/v1/zone-sets?publish=true&profile=immediate', SWING_ZONES)).status).toBe(201);
  const endpoint = await gateway.post('/v1/webhook-endpoints', {
    url: receiver.url,
    types: ['geofence_event.entered'],
  });
  receiver.useSecret(endpoint.body.secret);
}, 600_000);

test('heartbeats go in and a signed webhook comes out', async () => {
  load = startSwingingLoad(corral.ingestion, VEHICLES, PER_SECOND / VEHICLES);
  const hit = await until('a webhook came', () => receiver.hits()[0], { withinMs: 60_000 });
  expect(hit).toMatchObject({ type: 'geofence_event.entered', verified: true });
}, 120_000);

test.each(DEPLOYMENTS)(
  '%s is replaced, and loses a pod, while heartbeats come in',
  async (name) => {
    const before = load.acknowledged();
    await timed(`rolling restart of ${name}`, async () => {
      await kubectl('rollout', 'restart', `deployment/${RELEASE}-${name}`, '--namespace', NAMESPACE);
      await kubectl('rollout', 'status', `deployment/${RELEASE}-${name}`, '--namespace', NAMESPACE, '--timeout=180s');
    });
    const [pod] = await podsOf(name);
    await timed(`pod of ${name} deleted`, () => kubectl('delete', pod!, '--namespace', NAMESPACE));
    await kubectl('rollout', 'status', `deployment/${RELEASE}-${name}`, '--namespace', NAMESPACE, '--timeout=180s');
    await until('heartbeats go on', () => load.acknowledged() > before + 100 || undefined, { withinMs: 60_000 });
  },
  600_000,
);

test('an upgrade of all of them at once is served through', async () => {
  await timed('helm upgrade --wait', () => upgrade('--set-string', 'pods.annotations.e2e=second'));
}, 600_000);

test('an image that does not exist takes nothing down: the release goes back by itself', async () => {
  const before = load.acknowledged();
  const { status } = await call(
    'helm',
    [
      'upgrade',
      RELEASE,
      CHART,
      '--namespace',
      NAMESPACE,
      '--rollback-on-failure',
      '--timeout',
      '40s',
      ...values,
      '--set',
      'migrations.mode=disabled',
      '--set',
      'image.tag=missing',
    ],
    undefined,
    400,
  );
  expect(status).not.toBe(0);
  expect(await must('helm', ['history', RELEASE, '--namespace', NAMESPACE, '-o', 'json'])).toMatch(/rollback/i);
  await until('heartbeats go on', () => load.acknowledged() > before || undefined);
}, 600_000);

test('a node that is drained waits for the budgets: never are all pods of a deployment taken', async () => {
  const [node] = (await kubectl('get', 'nodes', '-o', 'name')).trim().split('\n');
  const drained = await call(
    'kubectl',
    [
      'drain',
      node!,
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--timeout=20s',
      `--pod-selector=app.kubernetes.io/instance=${RELEASE}`,
    ],
    undefined,
    60,
  );
  try {
    // One node alone: whoever is evicted cannot come back, so the second of each must stay.
    expect(drained.status).not.toBe(0);
    expect(drained.stdout + drained.stderr).toMatch(/disruption budget/);
    for (const name of DEPLOYMENTS) {
      const template = 'jsonpath={.status.readyReplicas}';
      const ready = await kubectl('get', `deployment/${RELEASE}-${name}`, '--namespace', NAMESPACE, '-o', template);
      expect([name, Number(ready)]).toEqual([name, 1]);
    }
  } finally {
    await kubectl('uncordon', node!);
  }
  for (const name of DEPLOYMENTS)
    await kubectl('rollout', 'status', `deployment/${RELEASE}-${name}`, '--namespace', NAMESPACE, '--timeout=180s');
}, 600_000);

test('through all of it nothing acknowledged was lost, no fact is missing or invented, and whoever was not served was told 503', async () => {
  const rides = await load.stop();
  const facts = await expectKeptAndDecided(corral, rides);
  console.info(
    `${load.acknowledged()} heartbeats acknowledged, ${facts} facts as corral evaluate has them; answers ${JSON.stringify([...load.answers])}, slowest ${load.slowestMs()} ms`,
  );
  expect([...load.answers.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
}, 300_000);

test('uninstalled, it leaves nothing behind', async () => {
  await timed('helm uninstall --wait', () =>
    must('helm', ['uninstall', RELEASE, '--namespace', NAMESPACE, '--wait', '--timeout', '120s'], 140),
  );
  const left = () =>
    kubectl(
      ...['get', 'all,configmap,secret,serviceaccount,pdb,networkpolicy,ingress', '--namespace', NAMESPACE],
      ...['-l', `app.kubernetes.io/instance=${RELEASE}`, '-o', 'name'],
    );
  // Its pods may still be draining.
  await until('nothing is left', async () => ((await left()).trim() === '' ? true : undefined), { withinMs: 60_000 });
}, 180_000);

function upgrade(...more: string[]): Promise<string> {
  return must(
    'helm',
    ['upgrade', RELEASE, CHART, '--namespace', NAMESPACE, '--wait', '--timeout', '300s', ...values, ...more],
    320,
  );
}

async function podsOf(name: string): Promise<string[]> {
  const selector = `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component=${name}`;
  const pods = await kubectl('get', 'pods', '--namespace', NAMESPACE, '-l', selector, '-o', 'name');
  return pods.trim().split('\n').filter(Boolean);
}

/** By the port that every node opens for a service: also from outside of the cluster. */
async function serviceUrl(name: string): Promise<string> {
  const of = (template: string, ...what: string[]) => kubectl('get', ...what, '-o', `jsonpath=${template}`);
  const port = await of('{.spec.ports[0].nodePort}', 'service', `${RELEASE}-${name}`, '--namespace', NAMESPACE);
  return `http://${await nodeAddress()}:${port}`;
}

function nodeAddress(): Promise<string> {
  return kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
}

/** The address of this machine that packets to the node carry, by which its pods reach us: with kind, the gateway of its network. */
async function addressTowards(node: string): Promise<string> {
  const socket = createSocket('udp4');
  // Nothing is sent: connecting only chooses the way.
  await new Promise<void>((resolve) => socket.connect(9, node, resolve));
  const { address } = socket.address();
  socket.close();
  return address;
}

async function applyOutside(name: string, port: number): Promise<void> {
  const objects = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port, targetPort: port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-outside`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [host] }],
      ports: [{ port }],
    },
  ];
  await ok(
    'kubectl',
    ['apply', '--namespace', NAMESPACE, '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  );
}

async function secret(name: string, stringData: Record<string, string>): Promise<void> {
  await ok(
    'kubectl',
    ['apply', '--namespace', NAMESPACE, '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }),
  );
}

/** As `apiVersion/Kind`. */
function kindsIn(apiResources: string): ReadonlySet<string> {
  return new Set(
    apiResources
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map((columns) => `${columns.at(-3)}/${columns.at(-1)}`),
  );
}

/** What the server can judge, and the kinds of operators that are not there. */
function splitByKind(rendered: string, kinds: ReadonlySet<string>): { known: string; foreign: string[] } {
  const foreign = new Set<string>();
  const known = rendered.split(/^---$/m).filter((document) => {
    const version = /^apiVersion: "?([^\s"]+)/m.exec(document)?.[1];
    const kind = /^kind: "?(\w+)/m.exec(document)?.[1];
    if (version === undefined || kind === undefined) return false;
    if (kinds.has(`${version}/${kind}`)) return true;
    foreign.add(kind);
    return false;
  });
  return { known: known.join('---\n'), foreign: [...foreign] };
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await work();
  console.info(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return answer;
}

function kubectl(...args: string[]): Promise<string> {
  return must('kubectl', args, 200);
}

async function must(command: string, args: readonly string[], seconds = 60): Promise<string> {
  return (await ok(command, args, undefined, seconds)).stdout;
}

async function ok(command: string, args: readonly string[], input?: string, seconds = 60): Promise<Called> {
  const called = await call(command, args, input, seconds);
  if (called.status !== 0)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${called.stderr}${called.stdout}`);
  return called;
}

interface Called {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never waited for synchronously: PostgreSQL's door, the receiver and the load live in this process. */
function call(command: string, args: readonly string[], input = '', seconds = 60): Promise<Called> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr });
    });
  });
}
