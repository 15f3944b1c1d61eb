import {
  cidrList,
  defineConfig,
  eventLogSettings,
  list,
  port,
  processSettings,
  readConfig,
  secret,
  type ConfigOf,
  type ConfigRule,
  type Environment,
} from '@corral/runtime';

/** What the gateway reads from the environment. */
export const gatewaySettings = defineConfig({
  ...processSettings,
  ...eventLogSettings,
  PORT: port({ default: 8080, description: 'Where the API of people and partner systems is served.' }),
  CORRAL_BOOTSTRAP_API_KEY: secret({
    minLength: 32,
    description:
      'A known key with all scopes for the first fleet, default: any string of 32 characters or more. Embedded makes its own.',
  }),
  CORRAL_TOKEN_SECRET: secret({
    minLength: 32,
    description:
      'The secret under which tokens are signed, the same for ingestion and gateway; 32 characters or more. Embedded makes its own.',
  }),
  CORRAL_CORS_ORIGINS: list({
    default: [],
    description:
      'Origins whose pages may ask, such as https://console.example.com, separated by commas; none if not set.',
    each: (origin) =>
      URL.canParse(origin) && new URL(origin).origin === origin
        ? undefined
        : 'origins such as https://console.example.com, separated by commas',
  }),
  CORRAL_WEBHOOK_ALLOW_PRIVATE: cidrList({
    default: [],
    description:
      'Private networks that webhooks may go to (http: too), such as 10.0.0.0/8, separated by commas; metadata addresses only if listed exactly.',
  }),
});

/** The gateway's settings, read. */
export type GatewayConfig = ConfigOf<typeof gatewaySettings>;

const tokenSecretRule: ConfigRule<typeof gatewaySettings> = {
  of: ['CORRAL_TOKEN_SECRET'],
  check: ({ CORRAL_TOKEN_SECRET: given }) =>
    given === undefined
      ? 'CORRAL_TOKEN_SECRET must be set (or CORRAL_TOKEN_SECRET_FILE): 32 characters or more, the same for ingestion and gateway'
      : undefined,
};

/** The environment of the gateway, deployed. */
export function readGatewayConfig(env: Environment): GatewayConfig {
  return readConfig(gatewaySettings, env, [tokenSecretRule]);
}
