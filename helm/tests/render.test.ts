import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, CHART, helm, HELMS, KUBE_VERSIONS, valuesOf } from './helm';
import { allRenders, objectsOf, rendered } from './renders';

test(`[7] every case renders for Kubernetes ${KUBE_VERSIONS.join(', ')}, and the chart says from which version on`, () => {
  expect(allRenders()).toHaveLength(HELMS.length * KUBE_VERSIONS.length * CASES.length);
  for (const render of allRenders()) expect(render.objects.length).toBeGreaterThan(15);
  expect(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')).toContain("kubeVersion: '>=1.30.0-0'");
});

test('[61] there are sixteen or more cases besides the default one', () => {
  expect(CASES).toContain('default');
  expect(CASES.length).toBeGreaterThan(16);
});

test('a Kubernetes of another minor version changes nothing', () => {
  const [oldest, ...others] = KUBE_VERSIONS;
  const of = (kube: string) => allRenders().filter((render) => render.kube === kube);
  for (const other of others)
    expect(of(other).map(({ name, text }) => [name, text])).toEqual(of(oldest).map(({ name, text }) => [name, text]));
});

(process.env.CORRAL_HELM4 ? test : test.skip)('[65] Helm 3.10 and Helm 4 render the same objects', () => {
  expect(HELMS.map(({ binary }) => helm(['version', '--short'], binary).slice(0, 3))).toEqual(['v3.', 'v4.']);
  const of = (name: string) => allRenders().filter((render) => render.helm === name);
  expect(of('helm4').map(({ name, kube, objects }) => [name, kube, sorted(objects)])).toEqual(
    of('helm3').map(({ name, kube, objects }) => [name, kube, sorted(objects)]),
  );
});

test.each(HELMS)('[72] rendered twice by $name, every case is the same to the byte', ({ name, binary }) => {
  for (const { name: one, kube, text } of allRenders().filter(
    (render) => render.helm === name && render.kube === KUBE_VERSIONS.at(-1),
  ))
    expect(
      helm(['template', 'corral', CHART, '--namespace', 'fleet', '-f', valuesOf(one), '--kube-version', kube], binary),
    ).toBe(text);
});

test.each(['y', 'null', '1e3', 'off', '0x10'])('a release may be called %s', (name) => {
  const text = helm(['template', name, CHART, '-f', valuesOf('default'), '--kube-version', '1.36']);
  for (const object of objectsOf(text)) {
    expect(typeof object.metadata.name).toBe('string');
    for (const [label, value] of Object.entries(object.metadata.labels))
      expect([label, typeof value]).toEqual([label, 'string']);
  }
});

test('two releases in one namespace share no name', () => {
  const namesOf = (release: string) =>
    objectsOf(helm(['template', release, CHART, '-f', valuesOf('default'), '--kube-version', '1.36'])).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
  expect(namesOf('one').filter((name) => namesOf('two').includes(name))).toEqual([]);
});

test('[45] the chart brings no database and no other chart', () => {
  expect(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')).not.toContain('dependencies');
  for (const { objects } of [rendered('default'), rendered('production')])
    expect(objects.map(({ kind }) => kind)).not.toContain('StatefulSet');
  expect(allRenders().filter(({ text }) => /bitnami/i.test(text))).toEqual([]);
});

function sorted(objects: readonly { kind: string; metadata?: { name: string } }[]) {
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function key({ kind, metadata }: { kind: string; metadata?: { name: string } }) {
  return `${kind}/${metadata?.name}`;
}
