import { EXIT_WITHIN_MS } from '@corral/runtime';
import { container, workloads, type KubernetesObject } from './renders';
import { breaking, RENDERS, WORKLOADS, DEPLOYMENTS, selects } from './workload-rules';

test('[24] startup, readiness and liveness are there and are not the same', () => {
  expect(
    breaking(DEPLOYMENTS, (workload) => {
      const { startupProbe, readinessProbe, livenessProbe } = container(workload);
      const texts = [startupProbe, readinessProbe, livenessProbe].map((probe) => JSON.stringify(probe ?? ''));
      return texts.every((text) => text !== '""') && new Set(texts).size === 3;
    }),
  ).toEqual([]);
});

test('[26] every pod sleeps before it stops, without a shell', () => {
  expect(breaking(DEPLOYMENTS, (workload) => container(workload).lifecycle.preStop.sleep.seconds >= 1)).toEqual([]);
});

test('[28] every component has a disruption budget that lets broken pods go', () => {
  for (const render of RENDERS.filter(({ name }) => name !== 'minimal')) {
    const budgets = render.objects.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.every(({ spec }) => spec.unhealthyPodEvictionPolicy === 'AlwaysAllow')).toBe(true);
    for (const { metadata } of workloads(render).filter(({ object }) => object.kind === 'Deployment'))
      expect(budgets.filter(({ spec }) => selects(spec.selector.matchLabels, metadata.labels))).toHaveLength(1);
  }
});

test('[29] pods are spread over zones and hosts', () => {
  expect(
    breaking(DEPLOYMENTS, ({ pod }) =>
      ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].every((key) =>
        pod.topologySpreadConstraints.some(({ topologyKey }: KubernetesObject) => topologyKey === key),
      ),
    ),
  ).toEqual([]);
});

test('[30] a rolling update never goes below what is wanted, and waits until a pod has stood for a while', () => {
  expect(
    breaking(
      DEPLOYMENTS,
      ({ object: { spec } }) => spec.strategy.rollingUpdate.maxUnavailable === 0 && spec.minReadySeconds >= 5,
    ),
  ).toEqual([]);
});

test('requests and a limit of memory everywhere; no limit of processor time', () => {
  expect(
    breaking(WORKLOADS, (workload) => {
      const { requests, limits } = container(workload).resources;
      return Boolean(requests.cpu && requests.memory && limits.memory && !limits.cpu);
    }),
  ).toEqual([]);
});

test('[31] a Deployment that somebody scales says no number itself', () => {
  for (const render of RENDERS) {
    const scaled = render.objects
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
      .map(({ spec }) => spec.scaleTargetRef.name as string);
    expect(new Set(scaled).size).toBe(scaled.length);
    for (const { object } of workloads(render).filter((workload) => workload.object.kind === 'Deployment'))
      expect([object.metadata.name, 'replicas' in object.spec]).toEqual([
        object.metadata.name,
        !scaled.includes(object.metadata.name),
      ]);
  }
});

test('[32] a changed setting or secret changes the pods', () => {
  const annotations = (render: string) =>
    workloads(RENDERS.find(({ name }) => name === render)!).find(({ component }) => component === 'gateway')!.metadata
      .annotations;
  expect(Object.keys(annotations('default'))).toEqual(expect.arrayContaining(['checksum/config', 'checksum/secrets']));
  expect(annotations('dev')['checksum/config']).not.toBe(annotations('default')['checksum/config']);
  expect(annotations('dev')['checksum/secrets']).not.toBe(annotations('default')['checksum/secrets']);
});

test('[27] the grace period is longer than the sleep and the longest stop of a program', () => {
  for (const workload of DEPLOYMENTS) {
    const { terminationGracePeriodSeconds } = workload.pod;
    const { seconds } = container(workload).lifecycle.preStop.sleep;
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(seconds * 1000 + EXIT_WITHIN_MS);
  }
});
