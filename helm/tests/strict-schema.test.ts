import { allRenders, rendered, type KubernetesObject } from './renders';
import { strictProblems, type Checked } from './strict-schema';

const everything: readonly Checked[] = allRenders().flatMap(({ name, objects }) =>
  objects.map((object) => ({ object, where: name })),
);

test('[18] [34] [39] [48] [52] every object of every render is what its API says, CRDs included: no unknown field, no null', () => {
  expect(strictProblems(everything, 'chart')).toEqual([]);
  const kinds = new Set(everything.map(({ object }) => object.kind));
  for (const kind of [
    'ExternalSecret',
    'ScaledObject',
    'TriggerAuthentication',
    'KafkaTopic',
    'KafkaUser',
    'Ingress',
    'HTTPRoute',
    'PodMonitor',
    'PrometheusRule',
  ])
    expect(kinds).toContain(kind);
});

describe('the check bites', () => {
  const deployment = () => structuredClone(rendered('default').objects.find(({ kind }) => kind === 'Deployment')!);
  const scaled = () => structuredClone(rendered('keda').objects.find(({ kind }) => kind === 'ScaledObject')!);
  const topic = () => structuredClone(rendered('strimzi-cnpg').objects.find(({ kind }) => kind === 'KafkaTopic')!);
  const spoiled: readonly [string, () => KubernetesObject, (object: KubernetesObject) => void][] = [
    ['a misspelt field', deployment, ({ spec }) => (spec.template.spec.containers[0].livenesProbe = {})],
    ['a null', deployment, ({ spec }) => (spec.template.spec.nodeSelector = null)],
    ['a number where a text belongs', scaled, ({ spec }) => (spec.triggers[0].metadata.lagThreshold = 5000)],
    ['a missing field', scaled, ({ spec }) => delete spec.scaleTargetRef],
    ['a wrong word', deployment, ({ spec }) => (spec.strategy.type = 'Rolling')],
    ['an unknown field of a CRD', topic, ({ spec }) => (spec.partition = 3)],
  ];
  test('[61] every kind of mistake is found', () => {
    const checked = spoiled.map(([where, make, spoil]) => {
      const object = make();
      spoil(object);
      return { object, where };
    });
    const problems = strictProblems(checked, 'spoiled');
    for (const [where] of spoiled)
      expect([where, problems.some((problem) => problem.startsWith(where))]).toEqual([where, true]);
  });
});
