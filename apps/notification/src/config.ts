import { cidrList, defineConfig, eventLogSettings, processSettings } from '@corral/runtime';

/** What may be a target although it is private. */
export const webhookSettings = defineConfig({
  CORRAL_WEBHOOK_ALLOW_PRIVATE: cidrList({
    default: [],
    description:
      'Private networks that webhooks may go to (http: too), such as 10.0.0.0/8, separated by commas; metadata addresses only if listed exactly.',
  }),
});

/** What the notification service reads from the environment. */
export const notificationSettings = defineConfig({ ...processSettings, ...eventLogSettings, ...webhookSettings });
