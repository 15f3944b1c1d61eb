import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHART, helm, ROOT } from '../helm';
import { container, objectsOf, workloads, type KubernetesObject, type Render } from '../renders';
import { strictProblems, type Checked } from '../strict-schema';

const K8S = join(ROOT, 'k8s');
const ENVIRONMENTS = ['dev', 'staging', 'production'] as const;

function kustomize(folder: string): string {
  return execFileSync(process.env.CORRAL_KUSTOMIZE ?? 'kustomize', ['build', join(K8S, folder)], {
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
}

/** Everything of an environment: what surrounds Corral, then Corral. */
function environment(name: string): string {
  const chart = helm([
    'template',
    'corral',
    CHART,
    '--namespace',
    'corral',
    '-f',
    join(K8S, 'overlays', name, 'values.yaml'),
    '--kube-version',
    '1.36',
  ]);
  return `# Made by UPDATE_GOLDEN=1 npx nx run k8s:chart from k8s/overlays/${name} and helm/corral.\n${kustomize(`overlays/${name}`)}${chart}`;
}

const rendered = new Map(ENVIRONMENTS.map((name) => [name, environment(name)]));
const asRender = (name: (typeof ENVIRONMENTS)[number]): Render => ({
  name,
  helm: '',
  kube: '',
  text: rendered.get(name)!,
  objects: objectsOf(rendered.get(name)!),
});

test.each(ENVIRONMENTS)('[70] k8s/rendered/%s.yaml is what its overlay and the chart make today', (name) => {
  const path = join(K8S, 'rendered', `${name}.yaml`);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(join(K8S, 'rendered'), { recursive: true });
    writeFileSync(path, rendered.get(name)!);
  }
  expect(existsSync(path) ? readFileSync(path, 'utf8') : 'not there: UPDATE_GOLDEN=1 npx nx run k8s:chart').toBe(
    rendered.get(name),
  );
});

test('[18] [22] [46] [71] every object is what its API says: platform, policies, components, entry points of Argo CD and Flux', () => {
  const files = [
    ...yamlFiles('base'),
    ...yamlFiles('platform'),
    ...yamlFiles('policies'),
    ...yamlFiles('gitops'),
    ...yamlFiles('components'),
  ].filter((file) => !file.endsWith('kustomization.yaml'));
  const written: Checked[] = files.flatMap((file) =>
    objectsOf(readFileSync(join(K8S, file), 'utf8')).map((object) => ({ object, where: file })),
  );
  const made: Checked[] = ENVIRONMENTS.flatMap((name) =>
    asRender(name).objects.map((object) => ({ object, where: name })),
  );
  expect(strictProblems([...written, ...made], 'k8s')).toEqual([]);
  const kinds = new Set(written.map(({ object }) => object.kind));
  for (const kind of [
    'Kafka',
    'KafkaNodePool',
    'Cluster',
    'Pooler',
    'ScheduledBackup',
    'Gateway',
    'ClusterSecretStore',
    'ValidatingAdmissionPolicy',
    'Application',
    'HelmRelease',
    'PeerAuthentication',
  ])
    expect(kinds).toContain(kind);
});

test.each(ENVIRONMENTS)(
  'in %s nothing stands twice, and everything is in a namespace that enforces restricted',
  (name) => {
    const { objects } = asRender(name);
    const keys = objects.map(
      ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
    );
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
    const namespace = objects.find(({ kind }) => kind === 'Namespace')!;
    expect(namespace.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    for (const { object } of workloads(asRender(name))) expect(object.metadata.namespace).toBe(namespace.metadata.name);
  },
);

test('[22] what the policies ask for, the chart gives: digests in production, a version everywhere, a read-only root, no token', () => {
  for (const workload of workloads(asRender('production')))
    expect(container(workload).image).toMatch(/@sha256:[0-9a-f]{64}$/);
  for (const name of ENVIRONMENTS)
    for (const workload of workloads(asRender(name))) {
      expect(container(workload).image).toMatch(/(@sha256:[0-9a-f]{64}|:[^:/]+)$/);
      expect(container(workload).image).not.toMatch(/:latest$/);
      expect(container(workload).securityContext.readOnlyRootFilesystem).toBe(true);
      expect(container(workload).resources.limits.memory).toBeDefined();
      expect(workload.pod.automountServiceAccountToken).toBe(false);
    }
  const policies = asRender('production').objects.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  expect(policies).toHaveLength(6);
});

test('the quota of an environment holds what the chart may grow to', () => {
  for (const name of ENVIRONMENTS) {
    const { objects } = asRender(name);
    const hard = objects.find(({ kind }) => kind === 'ResourceQuota')!.spec.hard as Record<string, string>;
    const needed = workloads(asRender(name))
      .filter(({ object }) => object.kind === 'Deployment')
      .map((workload) => {
        const replicas = mostOf(objects, workload.object);
        const { requests, limits } = container(workload).resources;
        return [replicas * cores(requests.cpu), replicas * bytes(requests.memory), replicas * bytes(limits.memory)];
      })
      .reduce((sum, one) => sum.map((value, i) => value + one[i]!), [0, 0, 0]);
    expect([
      name,
      needed[0]! <= cores(hard['requests.cpu']!),
      needed[1]! <= bytes(hard['requests.memory']!),
      needed[2]! <= bytes(hard['limits.memory']!),
    ]).toEqual([name, true, true, true]);
  }
});

test('the partitions, brokers, secrets and hosts of an environment fit together', () => {
  for (const name of ['staging', 'production'] as const) {
    const { objects } = asRender(name);
    const one = (kind: string, metadataName: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === metadataName)!;
    const kafka = one('Kafka', 'corral-kafka');
    expect(kafka.spec.entityOperator.topicOperator.watchedNamespace).toBe('corral');
    for (const topic of objects.filter(({ kind }) => kind === 'KafkaTopic')) {
      expect(topic.metadata.labels['strimzi.io/cluster']).toBe('corral-kafka');
      expect(topic.spec.replicas).toBeLessThanOrEqual(one('KafkaNodePool', 'brokers').spec.replicas);
    }
    expect(kafka.spec.kafka.config['auto.create.topics.enable']).toBe(false);
    expect(kafka.spec.kafka.config['unclean.leader.election.enable']).toBe(false);
    // CloudNativePG names the secret of the application after the cluster.
    expect(rendered.get(name)).toContain(`name: ${one('Cluster', 'corral-db').metadata.name}-app`);
    const route = objects.find(({ kind }) => kind === 'HTTPRoute')!;
    expect(one('Gateway', route.spec.parentRefs[0].name).metadata.namespace).toBe(route.spec.parentRefs[0].namespace);
  }
});

test.each(['istio', 'no-keda', 'single-node'])('the component %s is used by an overlay, or can be', (name) => {
  const folder = join(ROOT, 'helm/test-output', `with-${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'chart.yaml'),
    helm([
      'template',
      'corral',
      CHART,
      '--namespace',
      'corral',
      '-f',
      join(CHART, 'ci/keda-values.yaml'),
      '--kube-version',
      '1.36',
    ]),
  );
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../../k8s/base, chart.yaml]\ncomponents: [../../../k8s/components/${name}]\n`,
  );
  const objects = objectsOf(
    execFileSync(
      process.env.CORRAL_KUSTOMIZE ?? 'kustomize',
      ['build', '--load-restrictor', 'LoadRestrictionsNone', folder],
      { encoding: 'utf8', maxBuffer: 64e6 },
    ),
  );
  const kinds = objects.map(({ kind }) => kind);
  expect(kinds).toContain('Deployment');
  if (name === 'no-keda') expect(kinds.filter((kind) => /ScaledObject|Trigger/.test(kind))).toEqual([]);
  if (name === 'istio')
    expect(objects.find(({ kind }) => kind === 'Namespace')!.metadata.labels['istio.io/dataplane-mode']).toBe(
      'ambient',
    );
  if (name === 'single-node')
    expect(objects.find(({ kind }) => kind === 'ResourceQuota')!.spec.hard['requests.cpu']).toBe('4');
});

function mostOf(objects: readonly KubernetesObject[], deployment: KubernetesObject): number {
  const scaler = objects.find(
    ({ kind, spec }) =>
      /ScaledObject|HorizontalPodAutoscaler/.test(kind) && spec.scaleTargetRef.name === deployment.metadata.name,
  );
  return scaler?.spec.maxReplicaCount ?? scaler?.spec.maxReplicas ?? deployment.spec.replicas;
}

function cores(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

function bytes(text: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(text)!;
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(join(K8S, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return yamlFiles(path);
    return entry.name.endsWith('.yaml') ? [path] : [];
  });
}
