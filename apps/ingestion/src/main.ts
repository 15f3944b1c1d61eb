import { setFlagsFromString } from 'node:v8';
import { runProgram, serveManagement } from '@corral/runtime';
import { readHistoryConfig, readHttpConfig } from './config';

void runProgram('ingestion', {
  http: {
    help: 'accept: heartbeats in over HTTP, durable in the event log before they are acknowledged',
    async start(context) {
      const config = readHttpConfig(context.env);
      keepHeapSmall();
      await serveManagement(config, context);
      const { startHttp } = await import('./http/start-http');
      await startHttp(config, context);
    },
  },
  history: {
    service: 'corral-history',
    help: 'record: the event log into the track, and old days of it dropped',
    async start(context) {
      const config = readHistoryConfig(context.env);
      await serveManagement(config, context);
      const { connectService } = await import('@corral/messaging');
      const [shared, { connectHistory }] = await Promise.all([
        connectService('history', config, context),
        import('./history/history'),
      ]);
      const consumption = await connectHistory({ ...context, ...shared }, config);
      consumption.failed.then(context.fail, context.fail);
    },
  },
});

/**
 * The heap may grow by a fifth between two full collections, not severalfold: next to nothing that a heartbeat needs lives so long. V8 reads
 * it whenever it has collected; NODE_OPTIONS would refuse it. Figures: `docs/performance.md`.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
}
