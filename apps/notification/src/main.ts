import { readConfig, runProgram, serveManagement } from '@corral/runtime';
import { notificationSettings } from './config';

void runProgram('notification', {
  notification: {
    help: 'notify: alerts, and their delivery to webhooks (default)',
    async start(context) {
      const config = readConfig(notificationSettings, context.env);
      await serveManagement(config, context);
      const { connectService } = await import('@corral/messaging');
      const [shared, { connectNotification }] = await Promise.all([
        connectService('notification', config, context),
        import('./app'),
      ]);
      const { consumption } = await connectNotification(
        { ...context, ...shared },
        { allowPrivate: config.CORRAL_WEBHOOK_ALLOW_PRIVATE, port: config.MANAGEMENT_PORT },
      );
      consumption.failed.then(context.fail, context.fail);
    },
  },
});
