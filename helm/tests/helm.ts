import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository, the chart, and where renders are kept for the tests. */
export const ROOT = join(__dirname, '../..');
export const CHART = join(ROOT, 'helm/corral');
export const RENDERS = join(ROOT, 'helm/test-output/renders');

/** Both ends of what the chart says it runs on, and one between; the API types we check against are those of the last. */
export const KUBE_VERSIONS = ['1.30.0', '1.33.0', '1.36.0'] as const;

/** The Helms there are: the oldest that must render, and the one that is supported. */
export const HELMS: readonly { readonly name: string; readonly binary: string }[] = [
  { name: 'helm3', binary: process.env.CORRAL_HELM3 ?? join(ROOT, 'helm/toolbox/node_modules/.bin/helm') },
  ...(process.env.CORRAL_HELM4 ? [{ name: 'helm4', binary: process.env.CORRAL_HELM4 }] : []),
];
/** The newest of them. */
export const HELM = HELMS.at(-1)!;

/** The names of `ci/*-values.yaml`. */
export const CASES: readonly string[] = readdirSync(join(CHART, 'ci'))
  .map((file) => file.replace('-values.yaml', ''))
  .sort();

/** The values file of a case. */
export function valuesOf(name: string): string {
  return join(CHART, 'ci', `${name}-values.yaml`);
}

/** What a release is called in the tests, unless its name matters. */
export const RELEASE = ['template', 'corral'];

/** What Helm prints; rejects with what it says. */
export function helm(args: readonly string[], binary = HELM.binary): string {
  return execFileSync(binary, [...args], {
    encoding: 'utf8',
    env: helmEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64e6,
  });
}

/** What Helm says when it refuses; undefined when it does not. */
export function refusal(args: readonly string[], binary = HELM.binary): string | undefined {
  const { status, stderr } = spawnSync(binary, [...args], { encoding: 'utf8', env: helmEnv() });
  return status === 0 ? undefined : stderr;
}

// Nobody's plug-ins, repositories or cluster.
function helmEnv() {
  const home = join(ROOT, 'helm/test-output/helm-home');
  return {
    PATH: process.env.PATH,
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home,
    KUBECONFIG: '/dev/null',
  };
}
