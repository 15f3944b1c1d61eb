import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A port for each name, kept in a file so that it stays over restarts. Below the range from which outgoing connections get
 * theirs: while a killed service is down, no client can be given its port.
 */
export async function keptPorts(file: string, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const kept = new Map<string, number>(
    existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : [],
  );
  for (const name of names) if (!kept.has(name)) kept.set(name, await freePort(new Set(kept.values())));
  writeFileSync(file, JSON.stringify(Object.fromEntries(kept)));
  return kept;
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (taken.has(port)) continue;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
