import {
  bootstrapKeySettings,
  cidrList,
  defineConfig,
  deployedBootstrapKey,
  deployedTokenSecret,
  eventLogSettings,
  list,
  port,
  processSettings,
  readConfig,
  tokenSecretSettings,
  type ConfigOf,
  type Environment,
} from '@corral/runtime';

/** What the gateway reads from the environment. */
export const gatewaySettings = defineConfig({
  ...processSettings,
  ...eventLogSettings,
  PORT: port({ default: 8080, description: 'Where requests are taken; 0 lets the system choose.' }),
  ...bootstrapKeySettings,
  ...tokenSecretSettings,
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

/** The environment of the gateway, deployed. */
export function readGatewayConfig(env: Environment): GatewayConfig {
  return readConfig(gatewaySettings, env, [deployedTokenSecret, deployedBootstrapKey]);
}
