import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './helm';
import type { KubernetesObject } from './renders';

const TOOLBOX = join(ROOT, 'helm/toolbox');

/** Where the types of an API group come from. Kubernetes' own are those of 1.36. */
const PACKAGES: Readonly<Record<string, string>> = {
  'argoproj.io': '@kubernetes-models/argo-cd',
  'external-secrets.io': '@kubernetes-models/external-secrets',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'kafka.strimzi.io': '@kubernetes-models/strimzi-kafka-operator',
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'postgresql.cnpg.io': '@kubernetes-models/cloudnative-pg',
  'security.istio.io': '@kubernetes-models/istio',
  'networking.istio.io': '@kubernetes-models/istio',
  'kustomize.toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
  'source.toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
  'helm.toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
};

/** An object, and in which renders it stands. */
export interface Checked {
  readonly object: KubernetesObject;
  readonly where: string;
}

/**
 * What is wrong with the objects, one line each, strictly: every object is written as a constant of its type and compiled, which finds unknown fields,
 * nulls and wrong types; then it is held against the JSON schema of its kind, which finds what types cannot say (patterns, enums, formats).
 * Equal objects are looked at once. `folder` names the place for the compiler's files.
 */
export function strictProblems(all: readonly Checked[], folder: string): readonly string[] {
  const unique = [...new Map(all.map((one) => [JSON.stringify(one.object), one])).values()];
  return [...typeProblems(unique, folder), ...schemaProblems(unique, folder)];
}

function typeProblems(all: readonly Checked[], folder: string): readonly string[] {
  const work = join(TOOLBOX, 'strict', folder);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  // One object in one file: an error names it, and no constant grows too large for the compiler.
  all.forEach(({ object }, i) => {
    const type = `import type { I${object.kind} as Kind } from '${moduleOf(object)}';`;
    writeFileSync(
      join(work, `o${i}.ts`),
      `${type}\nexport const object: Kind = ${JSON.stringify(object, undefined, 2)};\n`,
    );
  });
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    join(work, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        moduleResolution: 'nodenext',
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        types: [],
      },
      include: ['*.ts'],
    }),
  );
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', work, '--pretty', 'false'],
    {
      encoding: 'utf8',
      maxBuffer: 64e6,
    },
  );
  if (status === 0) return [];
  return stdout
    .split('\n')
    .filter((line) => /error TS/.test(line))
    .map((line) => {
      const checked = all[Number(/o(\d+)\.ts/.exec(line)?.[1])];
      return `${nameOf(checked)}: ${line.slice(line.indexOf('error'))}`;
    });
}

function schemaProblems(all: readonly Checked[], folder: string): readonly string[] {
  const input = join(TOOLBOX, 'strict', `${folder}.json`);
  writeFileSync(
    input,
    JSON.stringify(all.map((one) => ({ module: moduleOf(one.object), object: one.object, name: nameOf(one) }))),
  );
  const out = execFileSync(process.execPath, [join(TOOLBOX, 'validate-objects.mjs'), input], {
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
  return JSON.parse(out) as string[];
}

function moduleOf({ apiVersion, kind }: KubernetesObject): string {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  if (group === '') return `kubernetes-models/${version}`;
  const known = PACKAGES[group];
  if (known) return `${known}/${apiVersion}`;
  if (group.endsWith('.k8s.io') || !group.includes('.')) return `kubernetes-models/${apiVersion}`;
  throw new Error(
    `no types are known for ${apiVersion} ${kind}: add its package to helm/toolbox and to strict-schema.ts`,
  );
}

function nameOf(checked: Checked | undefined): string {
  return checked ? `${checked.where}: ${checked.object.kind} ${checked.object.metadata?.name}` : 'somewhere';
}
