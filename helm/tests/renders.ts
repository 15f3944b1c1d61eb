import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CASES, HELM, HELMS, KUBE_VERSIONS, RENDERS } from './helm';

/** A Kubernetes object as it was rendered; what lies in it is of its kind's shape. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type KubernetesObject = Record<string, any> & { apiVersion: string; kind: string };

/** One case, rendered by one Helm for one Kubernetes. */
export interface Render {
  readonly name: string;
  readonly helm: string;
  readonly kube: string;
  readonly text: string;
  readonly objects: readonly KubernetesObject[];
}

/** A case as the newest Helm renders it for the newest Kubernetes. */
export function rendered(name: string): Render {
  return read(name, HELM.name, KUBE_VERSIONS.at(-1)!);
}

/** Every case, by every Helm, for every Kubernetes. */
export function allRenders(): readonly Render[] {
  return HELMS.flatMap(({ name: helm }) =>
    KUBE_VERSIONS.flatMap((kube) => CASES.map((name) => read(name, helm, kube))),
  );
}

const known = new Map<string, Render>();

function read(name: string, helm: string, kube: string): Render {
  const path = join(RENDERS, helm, kube, `${name}.yaml`);
  const seen = known.get(path);
  if (seen) return seen;
  const text = readFileSync(path, 'utf8');
  const render = { name, helm, kube, text, objects: objectsOf(text) };
  known.set(path, render);
  return render;
}

/** The objects of a stream of YAML; an error of its syntax, or a doubled key, is an error here. */
export function objectsOf(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text, { uniqueKeys: true, version: '1.2' }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`cannot read what was rendered: ${document.errors[0]!.message}`);
    const object = document.toJSON() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

/** The one object of that kind whose name ends like this. */
export function find(render: Render, kind: string, nameEnd: string): KubernetesObject {
  const found = render.objects.filter((object) => object.kind === kind && object.metadata.name.endsWith(nameEnd));
  if (found.length !== 1) throw new Error(`${render.name} has ${found.length} of ${kind} …${nameEnd}`);
  return found[0]!;
}

/** Whatever runs pods: its object, the pods' metadata and spec. */
export interface Workload {
  readonly object: KubernetesObject;
  readonly where: string;
  readonly component: string;
  readonly metadata: KubernetesObject;
  readonly pod: KubernetesObject;
}

/** Every workload of a render. */
export function workloads(render: Render): readonly Workload[] {
  return render.objects.flatMap((object) => {
    const template = podTemplate(object);
    if (template === undefined) return [];
    return [
      {
        object,
        where: `${render.name} (${render.helm}, ${render.kube}): ${object.kind} ${object.metadata.name}`,
        component: template.metadata.labels['app.kubernetes.io/component'],
        metadata: template.metadata,
        pod: template.spec,
      },
    ];
  });
}

function podTemplate(object: KubernetesObject): KubernetesObject | undefined {
  switch (object.kind) {
    case 'Deployment':
    case 'Job':
      return object.spec.template;
    case 'CronJob':
      return object.spec.jobTemplate.spec.template;
    case 'Pod':
      return object;
    default:
      return undefined;
  }
}

/** The first container of a workload's pods; there is no other. */
export function container(workload: Workload): KubernetesObject {
  return workload.pod.containers[0];
}
