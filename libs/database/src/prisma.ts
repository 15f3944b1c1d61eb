import type { Logger } from '@corral/runtime';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../generated/prisma/client';
import { connectionSettings } from './connection-settings';
import { assertKeptApart, serveFleet, type Served } from './with-fleet';

export { Prisma, PrismaClient } from '../generated/prisma/client';

/** What {@link createPrisma} needs. */
export interface PrismaSettings {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly application: string;
  /** Connections at most; 10 when absent. */
  readonly poolSize?: number;
  readonly logger?: Logger;
}

/**
 * The Prisma client over a pool of its own, which connects with the first query; close it with `$disconnect()`. It costs 70–87 MB once it has been asked
 * something, so programs have it from `prismaWhenAsked`, and none where every heartbeat passes.
 */
export function createPrisma({ url, application, poolSize = 10, logger }: PrismaSettings): PrismaClient {
  // The adapter reads values in its own way: Dates and BigInts, as Prisma's types say.
  const { types: _ours, ...settings } = connectionSettings(url, application);
  const adapter = new PrismaPg(
    { ...settings, max: poolSize },
    { onPoolError: (err) => logger?.warn({ err }, 'an idle database connection was lost') },
  );
  return new PrismaClient({ adapter });
}

/** How long a transaction may wait for a connection and may take, ms. */
export interface TransactionLimits {
  readonly maxWait?: number;
  readonly timeout?: number;
}

/** {@link withFleet} for Prisma: a transaction that sees and writes one fleet's rows only. */
export function withFleetPrisma<T>(
  prisma: PrismaClient,
  fleetId: string,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
  limits?: TransactionLimits,
): Promise<T> {
  return prisma.$transaction(async (tx) => {
    const [served] = await tx.$queryRawUnsafe<Served[]>(serveFleet, fleetId);
    assertKeptApart(served);
    return work(tx);
  }, limits);
}
