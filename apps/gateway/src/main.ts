import { listen, runProgram, serveManagement } from '@corral/runtime';
import { readGatewayConfig } from './config';

void runProgram('gateway', {
  gateway: {
    help: 'serve: the API of people and partner systems (default)',
    async start(context) {
      const config = readGatewayConfig(context.env);
      await serveManagement(config, context);
      const { connectService } = await import('@corral/messaging');
      const [shared, { connectGateway }] = await Promise.all([
        connectService('gateway', config, context),
        import('./app'),
      ]);
      const { handler } = await connectGateway({ ...context, ...shared }, config);
      const server = await listen(handler, { port: config.PORT, host: config.HOST, leaving: context.health.stopping });
      context.closers.add('http', () => server.close());
      context.logger.info({ url: server.url }, 'serving');
    },
  },
});
