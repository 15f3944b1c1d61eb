#!/usr/bin/env node
// The product on a real Kubernetes: `npm run e2e:cluster`. See docs/kubernetes.md.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
if (!process.env.KUBECONFIG) {
  console.error(
    'e2e:cluster needs KUBECONFIG: the cluster to install into (kind, k3d, any with a node this machine can reach)',
  );
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '-c', 'e2e/cluster/cluster.config.cjs', '--runInBand'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
