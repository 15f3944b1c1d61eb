import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP port in front of a Unix socket. */
export interface TcpDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a TCP port to a PostgreSQL that listens on a Unix socket alone, as the tests' does: containers and pods come over the network. */
export async function openTcpDoor(socket: string, host = '127.0.0.1', port = 0): Promise<TcpDoor> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (outside) => {
    const inside = createConnection(socket);
    for (const [from, to] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.once('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const each of open) each.destroy();
        server.close(() => resolve());
      }),
  };
}

/** The socket that a connection string such as `postgres://user@localhost/db?host=/run/pg&port=5432` means. */
export function socketOf(url: string): string {
  const address = new URL(url);
  const host = address.searchParams.get('host');
  if (host === null) throw new Error('this PostgreSQL has no socket in its URL');
  return `${host}/.s.PGSQL.${address.searchParams.get('port') ?? (address.port || '5432')}`;
}
