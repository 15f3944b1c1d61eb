import { readConfig, runProgram, serveManagement } from '@corral/runtime';
import { geofenceSettings } from './config';

void runProgram('geofence', {
  geofence: {
    help: 'evaluate: which zones, which rules, what changed (default)',
    async start(context) {
      const config = readConfig(geofenceSettings, context.env);
      await serveManagement(config, context);
      const { connectService } = await import('@corral/messaging');
      const [shared, { connectGeofence }] = await Promise.all([
        connectService('geofence', config, context),
        import('./app'),
      ]);
      const consumption = await connectGeofence({ ...context, ...shared });
      consumption.failed.then(context.fail, context.fail);
    },
  },
});
