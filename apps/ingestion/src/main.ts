import type { Worker } from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { runProgram, serveManagement, type RoleContext } from '@corral/runtime';
import { readHistoryConfig, readHttpConfig } from './config';

type HttpConfig = ReturnType<typeof readHttpConfig>;

void runProgram('ingestion', {
  http: {
    help: 'accept: heartbeats in over HTTP, durable in the event log before they are acknowledged',
    async start(context) {
      const config = readHttpConfig(context.env);
      keepHeapSmall();
      if (config.CORRAL_INGESTION_WORKERS > 1) {
        const { worker } = process.getBuiltinModule('node:cluster');
        return worker ? work(worker, config, context) : superviseWorkers(config, context);
      }
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

/** The process that devices do not see: probes and metrics, and workers that are kept running. */
async function superviseWorkers(config: HttpConfig, context: RoleContext): Promise<void> {
  const { createWorkerPool } = await import('./workers/worker-pool');
  const pool = createWorkerPool({ workers: config.CORRAL_INGESTION_WORKERS, port: config.PORT }, context);
  await serveManagement(config, { ...context, metrics: pool.metrics });
  const { port } = await pool.start();
  context.logger.info({ port, workers: config.CORRAL_INGESTION_WORKERS }, 'workers take heartbeats in');
}

async function work(worker: Worker, config: HttpConfig, context: RoleContext): Promise<void> {
  const [{ startHttp }, { reportToPrimary }] = await Promise.all([
    import('./http/start-http'),
    import('./workers/report-to-primary'),
  ]);
  const listening = reportToPrimary(worker, context);
  const { port } = await startHttp(config, context);
  listening(port);
}

/**
 * The heap may grow by a tenth between two full collections, not severalfold: next to nothing that a heartbeat needs lives so long. V8 reads
 * it whenever it has collected; NODE_OPTIONS would refuse it. Figures: `docs/performance.md`.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=10');
}
