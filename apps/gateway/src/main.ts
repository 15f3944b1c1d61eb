import { connectService } from '@corral/messaging';
import { listen, runProgram } from '@corral/runtime';
import { connectGateway } from './app';
import { readGatewayConfig } from './config';

void runProgram('gateway', {
  gateway: {
    help: 'serve: the API of people and partner systems (default)',
    async start(context) {
      const config = readGatewayConfig(context.env);
      const shared = await connectService('gateway', config, context);
      const { handler } = await connectGateway({ ...context, ...shared }, config);
      const server = await listen(handler, { port: config.PORT, host: config.HOST, leaving: context.health.stopping });
      context.closers.add('http', () => server.close());
      context.logger.info({ url: server.url }, 'serving');
    },
  },
});
