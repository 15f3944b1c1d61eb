import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, CHART, helm, HELMS, KUBE_VERSIONS, RENDERS, valuesOf } from './helm';

/** Renders every case with every Helm for every Kubernetes once, before the tests, which read the files. */
export default function renderAll(): void {
  // k8s renders its own.
  if (process.env.CORRAL_CHART_PROJECT === 'k8s') return;
  rmSync(RENDERS, { recursive: true, force: true });
  for (const { name, binary } of HELMS)
    for (const kube of KUBE_VERSIONS) {
      const folder = join(RENDERS, name, kube);
      mkdirSync(folder, { recursive: true });
      for (const one of CASES)
        writeFileSync(
          join(folder, `${one}.yaml`),
          helm(
            ['template', 'corral', CHART, '--namespace', 'fleet', '-f', valuesOf(one), '--kube-version', kube],
            binary,
          ),
        );
    }
}
