import { container, workloads, type KubernetesObject, type Workload } from './renders';
import { breaking, RENDERS, WORKLOADS, selects } from './workload-rules';

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

function allContainers({ pod }: Workload): readonly KubernetesObject[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}
