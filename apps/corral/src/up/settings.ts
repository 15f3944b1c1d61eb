import { gatewaySettings } from '@corral/gateway';
import { acceptSettings, historySettings, retentionRule } from '@corral/ingestion';
import { notificationSettings } from '@corral/notification';
import {
  defineConfig,
  deployedBootstrapKey,
  deployedTokenSecret,
  KAFKA_WITHOUT_DATABASE,
  port,
  readConfig,
  text,
  url,
  type ConfigOf,
  type ConfigRule,
  type Environment,
} from '@corral/runtime';

/** What `corral up` reads: all that the services read, with the defaults of one process on one machine. */
export const upSettings = defineConfig({
  ...acceptSettings,
  ...historySettings,
  ...notificationSettings,
  // Its secrets are optional: embedded makes its own.
  ...gatewaySettings,
  PORT: port({ default: 8080, description: 'Where requests are taken; 0 lets the system choose.' }),
  HOST: text({ default: '127.0.0.1', description: 'The address to listen on; 127.0.0.1 is this machine alone.' }),
  DATABASE_URL: url({
    protocols: ['postgres:', 'postgresql:'],
    example: 'postgres://corral:password@db:5432/corral',
    description: 'Where PostgreSQL is; without it Corral starts one of its own in the data folder.',
  }),
});

/** Where the parts of `corral up` are and how they are set. */
export type UpConfig = ConfigOf<typeof upSettings>;

/** The environment of `corral up`, read once; all problems together. */
export function readUpConfig(env: Environment, { demo }: { readonly demo: boolean }): UpConfig {
  return readConfig(upSettings, env, [
    retentionRule,
    {
      of: ['KAFKA_BROKERS', 'DATABASE_URL'],
      check: (config) =>
        config.KAFKA_BROKERS !== undefined && config.DATABASE_URL === undefined ? KAFKA_WITHOUT_DATABASE : undefined,
    },
    whenDeployed(deployedTokenSecret),
    whenDeployed(deployedBootstrapKey),
    {
      of: ['DATABASE_URL', 'CORRAL_BOOTSTRAP_API_KEY'],
      check: (config) =>
        demo && config.DATABASE_URL !== undefined && config.CORRAL_BOOTSTRAP_API_KEY === undefined
          ? 'CORRAL_BOOTSTRAP_API_KEY must be set (or CORRAL_BOOTSTRAP_API_KEY_FILE) for --demo over DATABASE_URL: the simulated fleet needs a key'
          : undefined,
    },
  ]);
}

/** Over an operator's own database the rules of the services hold; embedded makes its own secrets. */
function whenDeployed(rule: ConfigRule<typeof upSettings>): ConfigRule<typeof upSettings> {
  return {
    of: [...rule.of, 'DATABASE_URL'],
    check: (config) => (config.DATABASE_URL === undefined ? undefined : rule.check(config)),
  };
}
