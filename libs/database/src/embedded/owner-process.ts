import { DataFolderInUse, startEmbeddedPostgres } from './start-embedded-postgres';

/**
 * A process that owns a data folder, for tests that kill it: `node <bundle> <folder>`. Says what happens in JSON lines; SIGTERM stops it well.
 */
async function main(dataDir: string): Promise<void> {
  say({ event: 'begun' });
  const server = await startEmbeddedPostgres({
    dataDir,
    patience: { held: 1_500 },
    onLost: (error) => {
      say({ event: 'lost', message: error.message });
      process.exit(3);
    },
  });
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  // Ctrl-C in a terminal reaches the whole group; here it must find the server elsewhere.
  process.on('SIGINT', () => say({ event: 'interrupted' }));
  // Last: whoever reads it may send a signal at once.
  say({ event: 'ready', url: server.url, pid: server.pid, adopted: server.adopted });
  setInterval(() => undefined, 60_000);
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main(process.argv[2] ?? '').catch((error: Error) => {
  say({ event: 'refused', message: error.message, pid: error instanceof DataFolderInUse ? error.pid : undefined });
  process.exitCode = 1;
});
