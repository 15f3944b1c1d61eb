import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHART, HELM, valuesOf } from './helm';

// As much of a Kubernetes API as `helm template --dry-run=server` asks for: what it can do, and the ConfigMap of the release before.
let server: Server;
let folder: string;
let before: Record<string, string> | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    const answer = ANSWERS[path] ?? (path === CONFIG_MAP && before ? configMap(before) : undefined);
    response
      .writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
        ),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'corral-upgrade-'));
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  writeFileSync(
    join(folder, 'kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'fleet' } }],
      users: [{ name: 'test', user: {} }],
    }),
  );
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const CONFIG_MAP = '/api/v1/namespaces/fleet/configmaps/corral-ingestion';
const ANSWERS: Record<string, object> = {
  '/version': { major: '1', minor: '36', gitVersion: 'v1.36.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      { name: 'configmaps', singularName: 'configmap', namespaced: true, kind: 'ConfigMap', verbs: ['get', 'list'] },
    ],
  },
};

function configMap(data: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'corral-ingestion', namespace: 'fleet' }, data };
}

/** What Helm says to an upgrade of a release that was installed with these settings; undefined when it goes on. */
function upgrade(installed: Record<string, string> | undefined, ...values: string[]): Promise<string | undefined> {
  before = installed;
  const args = [
    'template',
    'corral',
    CHART,
    '-n',
    'fleet',
    '-f',
    valuesOf('default'),
    '--is-upgrade',
    '--dry-run=server',
  ];
  const child = spawn(HELM.binary, [...args, ...values.flatMap((value) => ['--set', value])], {
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') },
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  child.stdout.resume();
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0 ? undefined : said)));
}

const INSTALLED = { CORRAL_PARTITIONS: '48', KAFKA_BROKERS: 'kafka:9092' };

// Helm 3.10 looks nothing up but in a real upgrade; in CI there is a Helm 4.
const withHelm4 = process.env.CORRAL_HELM4 ? describe : describe.skip;
withHelm4('[47] an upgrade that would lose or move data is refused', () => {
  test('another number of partitions', async () => {
    expect(await upgrade(INSTALLED, 'kafka.partitions=24')).toContain(
      'kafka.partitions is 24, and this release was installed with 48: another number would move vehicles to other partitions; set kafka.partitions=48.',
    );
  });

  test('a log left behind in Kafka', async () => {
    expect(await upgrade(INSTALLED, 'kafka.enabled=false')).toContain("would leave this release's log in Kafka behind");
  });

  test('and one that changes neither goes on, as does a release that is not there yet', async () => {
    // It was rendered, and Helm went on to ask this small API for more than it has.
    const wentOn = 'unable to build kubernetes objects from release manifest';
    expect(await upgrade(INSTALLED, 'gateway.replicas=5')).toContain(wentOn);
    expect(await upgrade(undefined, 'kafka.partitions=24')).toContain(wentOn);
  });
});
