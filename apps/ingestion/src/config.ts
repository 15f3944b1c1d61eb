import {
  ConfigError,
  defineConfig,
  deployedTokenSecret,
  duration,
  eventLogSettings,
  flag,
  formatDuration,
  integer,
  port,
  processSettings,
  readConfig,
  text,
  tokenSecretSettings,
  type ConfigOf,
  type ConfigRule,
  type Environment,
} from '@corral/runtime';

const DAY_MS = 86_400_000;

/** How old a heartbeat may be; whoever takes heartbeats in or keeps them reads it. */
export const heartbeatAgeSettings = defineConfig({
  CORRAL_MAX_HEARTBEAT_AGE: duration({
    default: 7 * DAY_MS,
    minMs: 60_000,
    description: 'Older heartbeats are refused; ISO 8601, such as P7D or P30Y.',
  }),
});

/** How long the track is kept. */
export const retentionSettings = defineConfig({
  ...heartbeatAgeSettings,
  CORRAL_TRACK_RETENTION: duration({
    description:
      'How long a day of the track is kept after its last receipt; CORRAL_MAX_HEARTBEAT_AGE plus a day when not given, never less.',
  }),
});

/** Refuses a retention that would drop a day for which heartbeats are still taken. */
export const retentionRule: ConfigRule<typeof retentionSettings> = {
  of: ['CORRAL_MAX_HEARTBEAT_AGE', 'CORRAL_TRACK_RETENTION'],
  check: tooShort,
};

/**
 * The retention in force, milliseconds.
 * @throws ConfigError when it is shorter than it may be
 */
export function trackRetentionMs(config: ConfigOf<typeof retentionSettings>): number {
  const problem = tooShort(config);
  if (problem) throw new ConfigError([problem]);
  return config.CORRAL_TRACK_RETENTION ?? leastRetention(config.CORRAL_MAX_HEARTBEAT_AGE);
}

function tooShort(config: ConfigOf<typeof retentionSettings>): string | undefined {
  const { CORRAL_MAX_HEARTBEAT_AGE: age, CORRAL_TRACK_RETENTION: retention } = config;
  const least = leastRetention(age);
  if (retention === undefined || retention >= least) return undefined;
  return (
    `CORRAL_TRACK_RETENTION must be at least ${formatDuration(least)}, CORRAL_MAX_HEARTBEAT_AGE plus a day, not ${formatDuration(retention)}: ` +
    'else an accepted heartbeat could meet a day already dropped'
  );
}

function leastRetention(maxHeartbeatAgeMs: number): number {
  return maxHeartbeatAgeMs + DAY_MS;
}

/** What taking heartbeats in reads, also within `corral up`. */
export const acceptSettings = defineConfig({
  ...processSettings,
  ...eventLogSettings,
  ...heartbeatAgeSettings,
  PORT: port({ default: 8080, description: 'Where requests are taken; 0 lets the system choose.' }),
  CORRAL_DATA_DIR: text({
    default: '.corral',
    description: 'Where the directory snapshot is kept (and, embedded, everything else).',
  }),
  CORRAL_FLEET_ITEMS_PER_SECOND: integer({
    default: 20_000,
    description: 'Heartbeats a second one fleet may send, with a burst of 10 minutes; 0 for no limit.',
  }),
  CORRAL_FAST_HTTP: flag({
    default: true,
    description:
      'Whether plain POSTs of heartbeats are read from the socket itself, which costs less processor time: on or off.',
  }),
  ...tokenSecretSettings,
});

/** Everything `ingestion http` reads. */
export const ingestionSettings = defineConfig({
  ...acceptSettings,
  CORRAL_INGESTION_WORKERS: integer({
    default: 1,
    min: 1,
    max: 64,
    description:
      'How many processes of one ingestion take heartbeats in on PORT; more than 1 on Linux only, for machines with cores to spare.',
  }),
});

/** Everything `ingestion history` reads. */
export const historySettings = defineConfig({ ...processSettings, ...eventLogSettings, ...retentionSettings });

/** The environment of `ingestion http`, deployed. */
export function readHttpConfig(env: Environment): ConfigOf<typeof ingestionSettings> {
  return readConfig(ingestionSettings, env, [deployedTokenSecret]);
}

/** The environment of `ingestion history`, deployed. */
export function readHistoryConfig(env: Environment): ConfigOf<typeof historySettings> {
  return readConfig(historySettings, env, [retentionRule]);
}
