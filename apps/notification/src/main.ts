import { connectService } from '@corral/messaging';
import { readConfig, runProgram } from '@corral/runtime';
import { connectNotification } from './app';
import { notificationSettings } from './config';

void runProgram('notification', {
  notification: {
    help: 'notify: alerts, and their delivery to webhooks (default)',
    async start(context) {
      const config = readConfig(notificationSettings, context.env);
      const shared = await connectService('notification', config, context);
      const { consumption } = await connectNotification(
        { ...context, ...shared },
        { allowPrivate: config.CORRAL_WEBHOOK_ALLOW_PRIVATE, port: config.MANAGEMENT_PORT },
      );
      consumption.failed.then(context.fail, context.fail);
    },
  },
});
