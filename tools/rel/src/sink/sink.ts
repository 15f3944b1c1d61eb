import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSender } from '../gen/send';
import { readEnv, type RelFolder } from '../rel-folder';
import { createAnswers, type ScriptedAnswer } from './answers';
import { distrust } from './verify-signature';

/** One request that came, as a line of `hits.ndjson`. */
export interface Hit {
  /** Epoch ms. */
  readonly at: number;
  /** The `webhook-id`. */
  readonly id: string;
  readonly type: string;
  /** `<id>_r<revision>` of what the body tells. */
  readonly tells: string;
  /** Why it is not to be believed; absent when the signature is good. */
  readonly distrust?: string;
  /** What it was answered. */
  readonly status: number;
}

/** A running receiver. */
export interface Sink {
  readonly url: string;
  hits(): number;
  stop(): Promise<void>;
}

/** What the rig knows of us, kept over runs of the sink: by path, the secret of the endpoint there. */
interface Registered {
  readonly port: number;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * An endpoint is told at most four things at once, so that it cannot starve others; a rig decides more than one endpoint can be told. Together these want
 * everything, each message once.
 */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  '/entered': ['geofence_event.entered'],
  '/exited': ['geofence_event.exited'],
  '/crossed': ['geofence_event.crossed', 'geofence_event.retracted'],
  '/opened': ['violation.opened'],
  '/closed': ['violation.closed', 'violation.retracted'],
  '/alerts': ['alert.opened', 'alert.updated'],
  '/resolved': ['alert.resolved'],
};

/** Which of the sink's endpoints is told of this type; undefined: none. */
export function endpointOf(type: string): string | undefined {
  return Object.keys(ENDPOINTS).find((path) => ENDPOINTS[path]!.includes(type));
}

/** Receives webhooks on 127.0.0.1, at endpoints registered with the rig the first time; verifies each and writes it down before it answers by its script. */
export async function startSink(folder: RelFolder, script: readonly ScriptedAnswer[]): Promise<Sink> {
  const known = existsSync(folder.sink) ? (JSON.parse(readFileSync(folder.sink, 'utf8')) as Registered) : undefined;
  const file = createWriteStream(folder.hits, { flags: 'a' });
  const nextAnswer = createAnswers(script);
  let secrets = known?.secrets ?? {};
  let count = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const { status, delayMs } = nextAnswer();
      const header = (name: string) => String(request.headers[name] ?? '');
      const body = Buffer.concat(chunks).toString('utf8');
      const [id, at] = [header('webhook-id'), Date.now()];
      const doubt = distrust(
        { id, timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body },
        secrets[request.url ?? ''] ?? '',
        at,
      );
      const hit: Hit = { at, id, ...whatItTells(body), ...(doubt === undefined ? {} : { distrust: doubt }), status };
      count += 1;
      file.write(`${JSON.stringify(hit)}\n`);
      void sleep(delayMs).then(() => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(known?.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const sink: Sink = {
    url,
    hits: () => count,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      file.end();
      await finished(file);
    },
  };
  if (known !== undefined) return sink;
  try {
    secrets = await register(folder, url);
    writeFileSync(folder.sink, JSON.stringify({ port, secrets } satisfies Registered), { mode: 0o600 });
    return sink;
  } catch (error) {
    await sink.stop();
    throw error;
  }
}

async function register(folder: RelFolder, url: string): Promise<Record<string, string>> {
  const env = readEnv(folder);
  const sender = createSender(env.GATEWAY!, env.CORRAL_API_KEY!, 1);
  try {
    const secrets: Record<string, string> = {};
    for (const [path, types] of Object.entries(ENDPOINTS)) {
      const wanted = { url: `${url}${path}`, types, description: 'rel sink' };
      const made = await sender.send('POST', '/v1/webhook-endpoints', wanted);
      if (made.kind !== 'answered' || made.status !== 201)
        throw new Error(`register the webhook endpoint ${path}: ${JSON.stringify(made)}`);
      secrets[path] = (made.body as { secret: string }).secret;
    }
    return secrets;
  } finally {
    sender.close();
  }
}

function whatItTells(body: string): { type: string; tells: string } {
  try {
    const { type, data } = JSON.parse(body) as { type: string; data: { id: string; revision: number } };
    return { type, tells: `${data.id}_r${data.revision}` };
  } catch {
    return { type: 'not JSON', tells: '' };
  }
}
