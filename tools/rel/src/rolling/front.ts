import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One instance behind a front. */
export interface Target {
  /** `host:port` where it serves. */
  readonly url: string;
  /** Where `/readyz` is answered. */
  readonly management: string;
}

/** What Kubernetes puts before the instances of a service. */
export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** How often an instance is asked whether it is ready; a new connection goes to one that was at the last asking. */
const ASK_EVERY_MS = 250;

/** Passes each new connection on to an instance that is ready, by turns; connections that stand stay where they are, as with a Kubernetes Service. */
export async function startFront(targets: readonly Target[]): Promise<Front> {
  const over = new AbortController();
  let ready: readonly Target[] = await whoIsReady(targets);
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = ready[turn++ % Math.max(1, ready.length)];
    if (target === undefined) return void client.destroy();
    const { hostname, port } = new URL(target.url);
    const upstream = createConnection({ host: hostname, port: Number(port) });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', (failed) => {
        sockets.delete(one);
        // What was still on its way to the other side is to arrive there.
        if (failed) other.destroy();
        else other.end();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asking = (async () => {
    while (!over.signal.aborted) {
      await sleep(ASK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      ready = await whoIsReady(targets);
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      over.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await asking;
    },
  };
}

async function whoIsReady(targets: readonly Target[]): Promise<readonly Target[]> {
  const answers = await Promise.all(
    targets.map(({ management }) =>
      fetch(new URL('/readyz', management), { signal: AbortSignal.timeout(1_000) }).then(
        ({ status }) => status === 200,
        () => false,
      ),
    ),
  );
  return targets.filter((_, i) => answers[i]);
}
