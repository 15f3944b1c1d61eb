import { relative } from 'node:path';

/** What a started Corral has to say. */
export interface Greeting {
  readonly url: string;
  /** Undefined when the operator gave none: then they know theirs. */
  readonly apiKey: string | undefined;
  readonly demo: boolean;
  readonly dataDir: string;
  readonly json: boolean;
}

/** Tells who started it where it is. */
export function greet(greeting: Greeting): void {
  const { url, apiKey, demo, dataDir } = greeting;
  process.stdout.write(greeting.json ? `${JSON.stringify({ url, apiKey, demo, dataDir })}\n` : greetingOf(greeting));
}

/** In prose: where it is, and how to talk to it, in lines that work as pasted. */
export function greetingOf({ url, apiKey, demo, dataDir }: Omit<Greeting, 'json'>): string {
  const authorization =
    apiKey === undefined ? '-H "Authorization: Bearer $CORRAL_API_KEY"' : `-H 'Authorization: Bearer ${apiKey}'`;
  const heartbeat = `"{\\"vehicleId\\":\\"bike-42\\",\\"measuredAt\\":\\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\\",\\"lat\\":52.3676,\\"lng\\":4.9041,\\"state\\":\\"available\\"}"`;
  const vehicle = demo ? 'sim-001' : 'bike-42';
  return [
    `Corral is ready: ${url}`,
    apiKey === undefined
      ? 'API key: one that you made before (CORRAL_BOOTSTRAP_API_KEY is not set)'
      : `API key: ${apiKey}`,
    '',
    '# send a heartbeat',
    `curl -sS ${url}/v1/heartbeats ${authorization} -H 'Content-Type: application/json' -d ${heartbeat}`,
    `# see vehicle ${vehicle}`,
    `curl -sS ${url}/v1/vehicles/${vehicle} ${authorization}`,
    '# follow the alerts',
    `curl -sSN '${url}/v1/live/events?kinds=alert' ${authorization}`,
    '',
    ...(apiKey === undefined
      ? []
      : [`In another terminal, \`. ${shellPath(dataDir)}/demo.env\` sets CORRAL_URL and CORRAL_API_KEY.`]),
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** As one would type it from here. */
function shellPath(dataDir: string): string {
  const near = relative(process.cwd(), dataDir);
  const path = near === '' || near.startsWith('..') ? dataDir : near;
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
