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

/** An endpoint that the rig knows, kept over runs of the sink. */
interface Endpoint {
  readonly port: number;
  readonly secret: string;
}

/** Receives webhooks on 127.0.0.1, registered with the rig at the first time; verifies each and writes it down before it answers by its script. */
export async function startSink(folder: RelFolder, script: readonly ScriptedAnswer[]): Promise<Sink> {
  const known = existsSync(folder.sink) ? (JSON.parse(readFileSync(folder.sink, 'utf8')) as Endpoint) : undefined;
  const file = createWriteStream(folder.hits, { flags: 'a' });
  const nextAnswer = createAnswers(script);
  let secret = known?.secret ?? '';
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
        secret,
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
  const url = `http://127.0.0.1:${port}/`;
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
    secret = await register(folder, url);
    writeFileSync(folder.sink, JSON.stringify({ port, secret } satisfies Endpoint), { mode: 0o600 });
    return sink;
  } catch (error) {
    await sink.stop();
    throw error;
  }
}

async function register(folder: RelFolder, url: string): Promise<string> {
  const env = readEnv(folder);
  const sender = createSender(env.GATEWAY!, env.CORRAL_API_KEY!, 1);
  try {
    const made = await sender.send('POST', '/v1/webhook-endpoints', { url, description: 'rel sink' });
    if (made.kind !== 'answered' || made.status !== 201)
      throw new Error(`register the webhook endpoint: ${JSON.stringify(made)}`);
    return (made.body as { secret: string }).secret;
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
