import { allRenders, workloads, type Workload } from './renders';

/** Every render, and what runs pods in them. */
export const RENDERS = allRenders();
export const WORKLOADS = RENDERS.flatMap(workloads);
export const DEPLOYMENTS = WORKLOADS.filter(({ object }) => object.kind === 'Deployment');

/** Which of them break the rule, so that a failure names every one. */
export function breaking(all: readonly Workload[], keeps: (workload: Workload) => boolean): readonly string[] {
  return all.filter((workload) => !keeps(workload)).map(({ where }) => where);
}

/** Whether a selector's labels are all among these. */
export function selects(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}
