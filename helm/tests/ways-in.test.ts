import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { HEARTBEATS_PATH } from '@corral/ingestion';
import { MANAGEMENT_PATHS, readConfig } from '@corral/runtime';
import { PROGRAMS, type ProgramName } from '../src/programs';
import { environment } from './environment';
import { ROOT } from './helm';
import { allRenders, container, find, rendered, workloads, type KubernetesObject } from './renders';
import { sources } from './sources';
import { DEPLOYMENTS } from './workload-rules';

test('containers listen where the settings say', () => {
  for (const workload of DEPLOYMENTS) {
    const render = allRenders().find(({ objects }) => objects.includes(workload.object))!;
    const config = readConfig(
      PROGRAMS[workload.component as ProgramName].settings,
      environment(render.objects, workload),
    ) as Record<string, unknown>;
    const ports = Object.fromEntries(
      container(workload).ports.map(({ name, containerPort }: KubernetesObject) => [name, containerPort]),
    );
    expect(ports).toEqual(
      'PORT' in config
        ? { http: config.PORT, management: config.MANAGEMENT_PORT }
        : { management: config.MANAGEMENT_PORT },
    );
  }
});

test('[25] probes ask the management port, liveness what asks neither Kafka nor PostgreSQL', () => {
  for (const workload of DEPLOYMENTS) {
    const { startupProbe, readinessProbe, livenessProbe } = container(workload);
    expect([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => [httpGet.path, httpGet.port])).toEqual([
      ['/livez', 'management'],
      ['/readyz', 'management'],
      ['/livez', 'management'],
    ]);
    for (const path of ['/livez', '/readyz', '/metrics']) expect(MANAGEMENT_PATHS).toContain(path);
  }
  // Nothing in the code adds a reason to die: what is live is what answers.
  const adding = sources('apps', 'libs').filter(([, text]) => /health\.live\(/.test(text));
  for (const [file, text] of adding)
    expect([file, /kafka|database|postgres/i.test(/health\.live\([^)]*/.exec(text)![0])]).toEqual([file, false]);
});

test('[48] [49] the way in leads heartbeats and clients to ingestion and all else to the gateway, without snippets', () => {
  const paths = (find(rendered('ingress-tls'), 'Ingress', '-gateway').spec.rules as KubernetesObject[])[0]!.http.paths;
  expect(paths.map(({ path, backend }: KubernetesObject) => [path, backend.service.name])).toEqual([
    [HEARTBEATS_PATH, 'corral-ingestion'],
    ['/v1/clients', 'corral-ingestion'],
    ['/', 'corral-gateway'],
  ]);
  const rules = find(rendered('gateway-api'), 'HTTPRoute', '-gateway').spec.rules as KubernetesObject[];
  expect(
    rules.map(({ matches, backendRefs }) => [
      matches.map(({ path }: KubernetesObject) => path.value),
      backendRefs[0].name,
    ]),
  ).toEqual([
    [[HEARTBEATS_PATH, '/v1/clients'], 'corral-ingestion'],
    [['/v1/live'], 'corral-gateway'],
    [['/'], 'corral-gateway'],
  ]);
  expect(rules[1]!.timeouts.request).toBe('0s');
  for (const { text } of allRenders()) expect(text).not.toMatch(/snippet/);
});

test('[50] nothing leads to the management port from outside', () => {
  for (const { objects } of allRenders())
    for (const object of objects.filter(({ kind }) => ['Service', 'Ingress', 'HTTPRoute'].includes(kind)))
      expect(JSON.stringify(object)).not.toMatch(/management|9090/);
});

test('what a program is started with is a role or a command that it has', () => {
  const usage = (app: string) =>
    spawnSync(process.execPath, [join(ROOT, `apps/${app}/dist/main.cjs`), 'no-such-role'], { encoding: 'utf8' }).stderr;
  const commands = execFileSync(process.execPath, [join(ROOT, 'apps/corral/dist/main.cjs'), '--help'], {
    encoding: 'utf8',
  });
  for (const workload of workloads(rendered('default')).filter(({ object }) => object.kind !== 'Pod')) {
    const { image, args = [] } = container(workload);
    const app = /corral\/(\w+):/.exec(image)![1]!;
    if (args.length > 0) expect(app === 'corral' ? commands : usage(app)).toMatch(new RegExp(`^  ${args[0]}\\b`, 'm'));
  }
});
