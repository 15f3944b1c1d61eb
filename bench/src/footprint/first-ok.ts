import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedService } from '../rig/services';

const TRIES_EVERY_MS = 1;
const WITHIN_MS = 60_000;

/**
 * Asks a path of a service's probes again and again, a millisecond apart, until it answers 200; at which time that was (`performance.now()`).
 * Throws with what the service said when it ends or does not come.
 */
export async function firstOk(service: StartedService, path: string): Promise<number> {
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await sleep(TRIES_EVERY_MS)) {
    if ((await statusOf(service.managementPort, path)) === 200) return performance.now();
    try {
      process.kill(service.pid, 0);
    } catch {
      break;
    }
  }
  throw new Error(`no 200 of ${path} within ${WITHIN_MS / 1000} s:\n${service.said()}`);
}

/** By hand on a socket: an HTTP client would take more of the shared cores than the services that are measured. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n`));
    socket.once('data', (head: Buffer) => {
      resolve(Number(head.toString('latin1', 9, 12)));
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}
