import { allRenders, container, workloads, type KubernetesObject, type Render, type Workload } from './renders';

const RENDERS = allRenders();
const WORKLOADS = RENDERS.flatMap(workloads);
const DEPLOYMENTS = WORKLOADS.filter(({ object }) => object.kind === 'Deployment');

/** Says which of them break the rule, so that a failure names every one. */
function breaking(all: readonly Workload[], keeps: (workload: Workload) => boolean): readonly string[] {
  return all.filter((workload) => !keeps(workload)).map(({ where }) => where);
}

function allContainers({ pod }: Workload): readonly KubernetesObject[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

test('there is something to judge: five Deployments, a Job, a CronJob and test pods', () => {
  const kinds = workloads(RENDERS.find(({ name }) => name === 'dev')!).map(({ object }) => object.kind);
  expect(kinds.filter((kind) => kind === 'Deployment')).toHaveLength(5);
  expect(kinds).toEqual(expect.arrayContaining(['Job', 'CronJob', 'Pod']));
});

describe('security', () => {
  test('[11] every container passes Pod Security restricted', () => {
    expect(
      breaking(
        WORKLOADS,
        (workload) =>
          workload.pod.securityContext.runAsNonRoot === true &&
          workload.pod.securityContext.seccompProfile.type === 'RuntimeDefault' &&
          !workload.pod.hostNetwork &&
          !workload.pod.hostPID &&
          !workload.pod.hostIPC &&
          (workload.pod.volumes as KubernetesObject[]).every((volume) => !('hostPath' in volume)) &&
          allContainers(workload).every(
            ({ securityContext, ports }) =>
              securityContext.allowPrivilegeEscalation === false &&
              securityContext.privileged === false &&
              securityContext.runAsNonRoot === true &&
              securityContext.runAsUser >= 10_000 &&
              securityContext.capabilities.drop.includes('ALL') &&
              securityContext.capabilities.add === undefined &&
              (ports ?? []).every((port: KubernetesObject) => port.hostPort === undefined),
          ),
      ),
    ).toEqual([]);
  });

  test('[12] every root is read-only, and every room to write has a size', () => {
    expect(
      breaking(
        WORKLOADS,
        (workload) =>
          allContainers(workload).every(({ securityContext }) => securityContext.readOnlyRootFilesystem === true) &&
          (workload.pod.volumes as KubernetesObject[]).every(
            ({ emptyDir }) => emptyDir === undefined || emptyDir.sizeLimit,
          ) &&
          container(workload).volumeMounts.some(({ mountPath }: KubernetesObject) => mountPath === '/tmp'),
      ),
    ).toEqual([]);
  });

  test('[13] no pod gets a token of the API', () => {
    expect(breaking(WORKLOADS, ({ pod }) => pod.automountServiceAccountToken === false)).toEqual([]);
    const accounts = RENDERS.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'ServiceAccount'));
    expect(accounts.filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)).toEqual([]);
  });

  test('[14] every component has a ServiceAccount of its own, which exists, and nobody has a role', () => {
    for (const render of RENDERS) {
      const accounts = render.objects
        .filter(({ kind }) => kind === 'ServiceAccount')
        .map(({ metadata }) => metadata.name);
      const used = workloads(render)
        .filter(({ object }) => object.kind !== 'Pod')
        .map(({ pod }) => pod.serviceAccountName);
      expect(used.filter((name) => !accounts.includes(name))).toEqual([]);
      expect(new Set(used).size).toBe(used.length);
      expect(render.objects.filter(({ kind }) => /^(Cluster)?Role/.test(kind))).toEqual([]);
    }
  });

  test('[15] a network policy selects every pod, for both ways', () => {
    for (const render of RENDERS.filter(({ name }) => name !== 'minimal')) {
      const policies = render.objects.filter(({ kind }) => kind === 'NetworkPolicy');
      for (const { metadata, where } of workloads(render)) {
        const selecting = policies.filter(({ spec }) => selects(spec.podSelector.matchLabels, metadata.labels));
        expect([where, selecting.length]).toEqual([where, 1]);
        expect(selecting[0]!.spec.policyTypes).toEqual(['Ingress', 'Egress']);
      }
    }
  });

  test('[16] the ways out are to names, PostgreSQL, brokers, the collector and webhooks, and no other', () => {
    const allowed: Record<string, RegExp> = {
      notification: /^(53|5432|6432|9\d{3}|443|8443|4317|4318|3128)$/,
      'api-smoke': /^(53|http)$/,
      'pipeline-smoke': /^(53|http)$/,
    };
    for (const render of RENDERS)
      for (const { spec } of render.objects.filter(({ kind }) => kind === 'NetworkPolicy')) {
        const component = spec.podSelector.matchLabels['app.kubernetes.io/component'];
        const ports = (spec.egress as KubernetesObject[]).flatMap((rule) =>
          rule.ports.map(({ port }: KubernetesObject) => String(port)),
        );
        expect(spec.egress.every((rule: KubernetesObject) => rule.ports.length > 0)).toBe(true);
        for (const port of ports) expect(port).toMatch(allowed[component] ?? /^(53|5432|6432|9\d{3}|4317|4318|3128)$/);
      }
  });

  test('[17] no secret stands in what is rendered: there is no Secret object, and none of the values is one', () => {
    for (const render of RENDERS) {
      expect(render.objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
      const texts = workloads(render).flatMap((workload) => container(workload).env ?? []);
      expect(
        texts.filter(
          ({ name, value }: KubernetesObject) =>
            /SECRET|PASSWORD|KEY|DATABASE_URL/.test(name) && !/_FILE$/.test(name) && value,
        ),
      ).toEqual([]);
    }
  });

  test('no image floats', () => {
    expect(
      breaking(
        WORKLOADS,
        (workload) =>
          /(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(container(workload).image) &&
          !/:latest$/.test(container(workload).image),
      ),
    ).toEqual([]);
  });
});

describe('availability', () => {
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
    expect(Object.keys(annotations('default'))).toEqual(
      expect.arrayContaining(['checksum/config', 'checksum/secrets']),
    );
    expect(annotations('dev')['checksum/config']).not.toBe(annotations('default')['checksum/config']);
    expect(annotations('dev')['checksum/secrets']).not.toBe(annotations('default')['checksum/secrets']);
  });
});

describe('every object', () => {
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
});

function selects(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}

function nullsIn(value: unknown, path = ''): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value as object).flatMap(([key, inner]) => nullsIn(inner, `${path}.${key}`));
}
