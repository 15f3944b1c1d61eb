import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readSetting, PARTITIONS_SETTING } from '@corral/database';
import { lookAtKafka } from '@corral/messaging';
import { createLogger, explain, defineConfig, kafkaSettings, readConfig } from '@corral/runtime';
import { reachDatabase } from '../reach-database';
import type { Print } from './add-commands';
import { connectApi } from './api-client';

/** One thing looked at. */
interface Finding {
  readonly what: string;
  readonly level: 'ok' | 'warning' | 'wrong';
  readonly says: string;
}

/** `corral doctor`: looks at runtime, data folder, database, Kafka and the running server; answers whether nothing is wrong. */
export async function doctor(env: NodeJS.ProcessEnv, print: Print): Promise<boolean> {
  const findings = [
    checkNode(),
    ...checkDataFolder(env),
    ...(await checkDatabase(env)),
    ...(await checkKafka(env)),
    await checkServer(env),
  ];
  const healthy = findings.every((finding) => finding.level !== 'wrong');
  print(
    { healthy, findings },
    findings.map(({ what, level, says }) => `${level.padEnd(7)}  ${what}: ${says}`).join('\n'),
  );
  return healthy;
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    what: 'Node',
    level: major >= 24 ? 'ok' : 'wrong',
    says: `${process.versions.node}${major >= 24 ? '' : '; 24 or later is needed'}`,
  };
}

function checkDataFolder(env: NodeJS.ProcessEnv): Finding[] {
  const file = join(env.CORRAL_DATA_DIR || '.corral', 'cli.json');
  if (!existsSync(file)) return [];
  const shared = (statSync(file).mode & 0o077) !== 0;
  return [
    {
      what: file,
      level: shared ? 'warning' : 'ok',
      says: shared ? 'others may read the secrets in it: chmod 600' : 'readable by its owner alone',
    },
  ];
}

async function checkDatabase(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (env.DATABASE_URL === undefined) return [];
  const logger = createLogger({ name: 'corral doctor', level: 'silent' });
  try {
    const database = await reachDatabase({
      url: env.DATABASE_URL,
      application: 'corral doctor',
      poolSize: 1,
      logger,
    });
    try {
      const partitions = await readSetting(database, PARTITIONS_SETTING).catch(() => undefined);
      const { rows } = await database.query<{ fsync: string; synchronous_commit: string }>(
        `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`,
      );
      const durable = rows[0]?.fsync === 'on' && rows[0].synchronous_commit !== 'off';
      return [
        { what: 'PostgreSQL', level: 'ok', says: await database.serverVersion() },
        {
          what: 'schema',
          level: partitions === undefined ? 'wrong' : 'ok',
          says: partitions === undefined ? 'not there: run corral migrate' : `migrated, ${partitions} partitions`,
        },
        {
          what: 'durability',
          level: durable ? 'ok' : 'wrong',
          says: durable
            ? 'commits are on disk'
            : 'fsync or synchronous_commit is off: acknowledged heartbeats can be lost',
        },
      ];
    } finally {
      await database.close();
    }
  } catch (error) {
    return [{ what: 'PostgreSQL', level: 'wrong', says: explain(error) }];
  }
}

async function checkKafka(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (env.KAFKA_BROKERS === undefined) return [];
  try {
    const config = readConfig(defineConfig({ ...kafkaSettings }), env);
    const { brokers, replication } = await lookAtKafka(config);
    return [
      { what: 'Kafka', level: 'ok', says: `${brokers} broker${brokers === 1 ? '' : 's'}` },
      checkReplication(replication),
    ];
  } catch (error) {
    return [{ what: 'Kafka', level: 'wrong', says: explain(error) }];
  }
}

function checkReplication(replication: number | undefined): Finding {
  const what = 'replication';
  if (replication === undefined) return { what, level: 'wrong', says: 'the topics are not there: run corral migrate' };
  if (replication >= 3) return { what, level: 'ok', says: String(replication) };
  return { what, level: 'warning', says: `${replication}: losing one machine can lose acknowledged heartbeats` };
}

async function checkServer(env: NodeJS.ProcessEnv): Promise<Finding> {
  try {
    const api = connectApi(env);
    const { status } = await api.request('GET', '/v1/status');
    return {
      what: api.url,
      level: status === 200 ? 'ok' : 'wrong',
      says: status === 200 ? 'answers' : `answers ${status}`,
    };
  } catch (error) {
    return { what: 'server', level: 'warning', says: explain(error) };
  }
}
