import { container, type KubernetesObject, type Render, type Workload } from './renders';

/** What a program finds in its environment: the ConfigMap's settings, variables, and for secrets a sample of what their file would hold. */
export function environment(objects: Render['objects'], workload: Workload): Record<string, string> {
  const { env = [], envFrom = [] } = container(workload);
  const plain = (envFrom as KubernetesObject[]).flatMap(({ configMapRef }) =>
    Object.entries(
      objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name)!.data as Record<
        string,
        string
      >,
    ),
  );
  const own = (env as KubernetesObject[])
    .filter(({ name }) => !['TZ'].includes(name))
    .map(({ name, value }): [string, string] =>
      name.endsWith('_FILE') || value === undefined ? [name.replace(/_FILE$/, ''), sampleSecret(name)] : [name, value],
    );
  return Object.fromEntries([...plain, ...own]);
}

/** What the file of a secret could hold. */
function sampleSecret(name: string): string {
  return name.startsWith('DATABASE_URL')
    ? 'postgres://corral:secret@db:5432/corral'
    : 'Zx9-a-sample-of-32-characters-or-more';
}
