import { setFlagsFromString } from 'node:v8';
import { readConfig, runProgram, serveManagement } from '@corral/runtime';
import { geofenceSettings } from './config';

void runProgram('geofence', {
  geofence: {
    help: 'evaluate: which zones, which rules, what changed (default)',
    async start(context) {
      const config = readConfig(geofenceSettings, context.env);
      keepHeapSmall();
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

/**
 * The heap may grow by six tenths between two full collections, not severalfold: less would take processor time. V8 reads it whenever it has collected;
 * NODE_OPTIONS would refuse it. Figures: `docs/performance.md`.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=60');
}
