import { connectService } from '@corral/messaging';
import { readConfig, runProgram } from '@corral/runtime';
import { connectGeofence } from './app';
import { geofenceSettings } from './config';

void runProgram('geofence', {
  geofence: {
    help: 'evaluate: which zones, which rules, what changed (default)',
    async start(context) {
      const config = readConfig(geofenceSettings, context.env);
      const shared = await connectService('geofence', config, context);
      const consumption = await connectGeofence({ ...context, ...shared });
      consumption.failed.then(context.fail, context.fail);
    },
  },
});
