import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from './api';
import { bareEnvironment, ROOT } from './program';

/** What makes two facts the same: `type id revision kind zone time`. */
export type FactLine = string;

function factLine(type: string, fact: any): FactLine {
  return [
    type,
    fact.id,
    fact.revision,
    fact.kind,
    fact.zoneId ?? '-',
    fact.at ?? fact.openedAt,
    fact.closedAt ?? '-',
  ].join(' ');
}

/** Everything the server decided and did not retract, sorted. */
export async function factsOfServer(gateway: Api): Promise<FactLine[]> {
  const [events, violations] = await Promise.all([gateway.all('/v1/geofence-events'), gateway.all('/v1/violations')]);
  return [
    ...events.map((fact) => factLine('geofence_event', fact)),
    ...violations.map((fact) => factLine('violation', fact)),
  ].sort();
}

/** What `corral evaluate` decides over these heartbeats, in their order: the highest revision of each id, sorted. */
export function factsOfEvaluate(zones: object, heartbeats: readonly object[]): FactLine[] {
  const folder = mkdtempSync(join(tmpdir(), 'corral-evaluate-'));
  try {
    const file = join(folder, 'zones.json');
    writeFileSync(file, JSON.stringify(zones));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'apps/corral/bin/corral.cjs'), 'evaluate', '--zones', file],
      {
        input: heartbeats.map((heartbeat) => JSON.stringify(heartbeat)).join('\n'),
        encoding: 'utf8',
        maxBuffer: 1 << 30,
        env: bareEnvironment(),
      },
    );
    if (status !== 0) throw new Error(`corral evaluate: ${stderr}`);
    const latest = new Map<string, any>();
    for (const line of stdout.split('\n').filter((text) => text !== '')) {
      const fact = JSON.parse(line);
      const known = latest.get(fact.id);
      if (known === undefined || known.revision < fact.revision) latest.set(fact.id, fact);
    }
    return [...latest.values()]
      .filter((fact) => !fact.retracted)
      .map((fact) => factLine(fact.type, fact))
      .sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
