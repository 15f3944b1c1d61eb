/** Tells who started it where it is, and how to talk to it: lines that work as pasted. */
export function greet({ url, apiKey, demo }: { url: string; apiKey: string; demo: boolean }): void {
  const authorization = `-H 'Authorization: Bearer ${apiKey}'`;
  const heartbeat = `"{\\"vehicleId\\":\\"bike-42\\",\\"measuredAt\\":\\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\\",\\"lat\\":52.3676,\\"lng\\":4.9041,\\"state\\":\\"available\\"}"`;
  const vehicle = demo ? 'sim-001' : 'bike-42';
  process.stdout.write(
    [
      `Corral is ready: ${url}`,
      `API key: ${apiKey}`,
      '',
      '# send a heartbeat',
      `curl -sS ${url}/v1/heartbeats ${authorization} -H 'Content-Type: application/json' -d ${heartbeat}`,
      `# see vehicle ${vehicle}`,
      `curl -sS ${url}/v1/vehicles/${vehicle} ${authorization}`,
      '# follow the alerts',
      `curl -sSN '${url}/v1/live/events?kinds=alert' ${authorization}`,
      '',
      'Ctrl-C stops it.',
      '',
    ].join('\n'),
  );
}
