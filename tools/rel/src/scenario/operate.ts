import { HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { partitionOf } from '@corral/messaging';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEvidence, type Evidence } from '../check/open-evidence';
import { createSender, type Sender } from '../gen/send';
import { checkout } from '../rel-folder';
import type { Blow, Struck } from '../supervisor/part';
import { bareEnvironment } from '../supervisor/rig';
import type { Stage } from './scenario';

/** Everything one can ask of a rig and do to it from outside, as an operator would. */
export interface Operator extends Evidence {
  readonly ingestion: Sender;
  readonly gateway: Sender;
  /** Waits for something; answers after how many milliseconds it was so, or undefined when the time was over. */
  within(limitMs: number, isSo: () => Promise<boolean>): Promise<number | undefined>;
  /** What `/readyz` of a service says. */
  readiness(service: string): Promise<{ readonly status: number; readonly body: string }>;
  /** A metric of a service, summed over its labels; 0 when it has none. */
  metric(service: string, name: string): Promise<number>;
  /** Runs a `corral` command as an operator would, where the services are. */
  corral(...args: readonly string[]): Promise<{ readonly status: number; readonly output: string }>;
  /** Ends a part with a signal, and brings it back if wanted; answers how that went. */
  strike(part: string, blow: Blow): Promise<Struck>;
  stop(part: string): Promise<void>;
  start(part: string): Promise<void>;
  /** The first vehicles with this prefix whose heartbeats go to a partition. */
  vehiclesOf(partition: number, count: number, prefix: string): readonly string[];
}

/** Goes to work at the rig of a stage. */
export async function operate({ folder, order }: Stage): Promise<Operator> {
  const evidence = await openEvidence(folder);
  const { env } = evidence;
  const ingestion = createSender(env.INGESTION!, env.CORRAL_API_KEY!, 16);
  const gateway = createSender(env.GATEWAY!, env.CORRAL_API_KEY!, 4);
  const managementOf = (service: string) =>
    env[`${service.toUpperCase().replaceAll('-', '_')}_MGMT`] ?? env.CORRAL_MGMT!;

  return {
    ...evidence,
    ingestion,
    gateway,
    async within(limitMs, isSo) {
      const began = performance.now();
      for (;;) {
        if (await isSo()) return Math.round(performance.now() - began);
        if (performance.now() - began > limitMs) return undefined;
        await sleep(50);
      }
    },
    async readiness(service) {
      try {
        const answer = await fetch(new URL('/readyz', managementOf(service)), { signal: AbortSignal.timeout(5_000) });
        return { status: answer.status, body: await answer.text() };
      } catch {
        return { status: 0, body: '' };
      }
    },
    async metric(service, name) {
      const answer = await fetch(new URL('/metrics', managementOf(service)), { signal: AbortSignal.timeout(5_000) });
      const values = (await answer.text()).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'));
      return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    corral: (...args) => runCorral(env, args),
    async strike(part, blow) {
      const answer = await order({ do: 'strike', part, ...blow });
      if (answer.struck === undefined) throw new Error(`strike ${part}: ${answer.error}`);
      return answer.struck;
    },
    async stop(part) {
      await order({ do: 'stop', parts: [part] });
    },
    async start(part) {
      await order({ do: 'start', parts: [part] });
    },
    vehiclesOf(partition, count, prefix) {
      const found: string[] = [];
      for (let number = 0; found.length < count; number += 1) {
        const vehicleId = `${prefix}-${number}`;
        if (partitionOf(vehicleKey(FLEET, vehicleId), evidence.log.partitions) === partition) found.push(vehicleId);
      }
      return found;
    },
    async close() {
      ingestion.close();
      gateway.close();
      await evidence.close();
    },
  };
}

/** The fleet that a rig's key belongs to. */
export const FLEET = 'default';

/** How far a consumer has read a partition of the heartbeats. */
export async function nextOffsetOf({ database }: Evidence, consumer: string, partition: number): Promise<number> {
  const { rows } = await database.query<{ next_offset: number }>(
    'SELECT next_offset FROM partition_owner WHERE consumer = $1 AND topic = $2 AND partition = $3',
    [consumer, HEARTBEATS_TOPIC, partition],
  );
  return rows[0]?.next_offset ?? 0;
}

function runCorral(env: Evidence['env'], args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['apps/corral/dist/main.cjs', ...args], {
      cwd: checkout(),
      env: { ...bareEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString().trim() }));
  });
}
