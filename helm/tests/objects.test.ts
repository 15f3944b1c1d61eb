import { container, workloads, type KubernetesObject, type Render } from './renders';
import { RENDERS, WORKLOADS, selects } from './workload-rules';

test('there is something to judge: five Deployments, a Job, a CronJob and test pods', () => {
  const kinds = workloads(RENDERS.find(({ name }) => name === 'dev')!).map(({ object }) => object.kind);
  expect(kinds.filter((kind) => kind === 'Deployment')).toHaveLength(5);
  expect(kinds).toEqual(expect.arrayContaining(['Job', 'CronJob', 'Pod']));
});

test('holds no null, and no variable twice', () => {
  for (const render of RENDERS) {
    for (const object of render.objects)
      expect([object.metadata.name, nullsIn(object)]).toEqual([object.metadata.name, []]);
    for (const workload of workloads(render)) {
      const names = (container(workload).env ?? []).map(({ name }: KubernetesObject) => name);
      expect([workload.where, new Set(names).size]).toEqual([workload.where, names.length]);
    }
  }
});

test('has the labels by which it is found', () => {
  for (const render of RENDERS)
    for (const { kind, metadata } of render.objects.filter(({ metadata }) => !metadata.name.endsWith('-extra')))
      expect([kind, Object.keys(metadata.labels)]).toEqual([
        kind,
        expect.arrayContaining([
          'app.kubernetes.io/name',
          'app.kubernetes.io/instance',
          'app.kubernetes.io/component',
          'app.kubernetes.io/version',
          'helm.sh/chart',
        ]),
      ]);
});

test('a Service selects pods that have its port', () => {
  for (const render of RENDERS)
    for (const service of render.objects.filter(({ kind }) => kind === 'Service')) {
      const selected = workloads(render).filter(({ metadata }) => selects(service.spec.selector, metadata.labels));
      expect(selected).toHaveLength(1);
      expect(container(selected[0]!).ports.map(({ name }: KubernetesObject) => name)).toContain(
        service.spec.ports[0].targetPort,
      );
    }
});

test('[62] is judged in every render: all cases, Kubernetes versions and Helms', () => {
  expect(WORKLOADS.length).toBeGreaterThan(RENDERS.length * 6);
  expect(new Set(RENDERS.map(({ name }: Render) => name)).size).toBeGreaterThan(16);
});

function nullsIn(value: unknown, path = ''): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value as object).flatMap(([key, inner]) => nullsIn(inner, `${path}.${key}`));
}

test('[43] as a hook the migrations bring what they need ahead of them; as a Job, another content is another Job', () => {
  const of = (name: string) =>
    RENDERS.find((render) => render.name === name)!.objects.filter(
      ({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'migrate',
    );
  const weights = Object.fromEntries(
    of('default').map(({ kind, metadata }) => [kind, Number(metadata.annotations['helm.sh/hook-weight'])]),
  );
  expect(weights).toEqual({ ServiceAccount: -10, NetworkPolicy: -10, Job: 0 });
  // All it needs of the release is a hook as well: its settings are variables, its secrets are the operator's.
  expect(JSON.stringify(of('default').find(({ kind }) => kind === 'Job'))).not.toContain('configMapRef');
  const job = of('migrations-job').find(({ kind }) => kind === 'Job')!;
  expect(job.metadata.annotations).toEqual({ 'argocd.argoproj.io/sync-wave': '-1' });
  expect(job.metadata.name).toMatch(/^corral-migrate-[0-9a-f]{8}$/);
  expect(of('strimzi-cnpg').find(({ kind }) => kind === 'Job')!.metadata.name).not.toBe(job.metadata.name);
});
