import type { RequestListener } from 'node:http';
import { sleep } from './backoff';
import type { Closers } from './closers';
import type { Health } from './health';
import { listen } from './listen';
import { Problem, sendProblem } from './problem';
import { formatFor, METRIC_FORMATS, type MetricFormat } from './render-metrics';

/** The paths of the management port; embedded they are on the main port. */
export const MANAGEMENT_PATHS = ['/livez', '/readyz', '/metrics'] as const;

/** Metrics as text: of this process, or of several, which have to be asked first. */
export interface RenderedMetrics {
  render(format: MetricFormat): string | Promise<string>;
}

/** Answers `/livez`, `/readyz` and `/metrics`. */
export function managementHandler({ health, metrics }: { health: Health; metrics: RenderedMetrics }): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const said = health.answer(path);
    if (said) {
      response
        .writeHead(said.status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(said.body);
    } else if (path === '/metrics') {
      const format = formatFor(request.headers.accept);
      Promise.resolve(metrics.render(format)).then(
        (text) => response.writeHead(200, { 'content-type': METRIC_FORMATS[format], vary: 'accept' }).end(text),
        () => sendProblem(response, new Problem(500, 'internal', 'Something went wrong on our side.')),
      );
    } else {
      sendProblem(response, new Problem(404, 'not_found', 'There is nothing here.'));
    }
  };
}

/**
 * How long the loop is left to probes once they can be asked, before the rest of a program is loaded, which has it for itself for 50 ms and more.
 */
const PROBES_FIRST_MS = 5;

/** Serves them on a port of their own, until closed: by then everything else is. Whoever asks already is answered before it settles. */
export async function serveManagement(
  config: { readonly MANAGEMENT_PORT: number; readonly HOST: string },
  { health, metrics, closers }: { health: Health; metrics: RenderedMetrics; closers: Closers },
): Promise<void> {
  const server = await listen(managementHandler({ health, metrics }), {
    port: config.MANAGEMENT_PORT,
    host: config.HOST,
    setting: 'MANAGEMENT_PORT',
  });
  closers.add('management', () => server.close());
  await sleep(PROBES_FIRST_MS);
}
