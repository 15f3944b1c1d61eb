import type { Prisma, PrismaClient } from '../generated/prisma/client';
import type { PrismaSettings, TransactionLimits } from './prisma';

/** A transaction of Prisma that sees and writes one fleet's rows only. */
export type FleetPrisma = <T>(
  fleetId: string,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
  limits?: TransactionLimits,
) => Promise<T>;

/** Prisma that costs nothing until somebody needs it. */
export interface PrismaWhenAsked {
  readonly withFleetPrisma: FleetPrisma;
  /** Safe to call though nobody asked. */
  close(): Promise<void>;
}

/**
 * Prisma, not even read from disk before the first transaction: it is a third of the gateway's code and most of its start, and only webhook
 * endpoints and their deliveries are asked through it.
 */
export function prismaWhenAsked(settings: PrismaSettings): PrismaWhenAsked {
  let loading: Promise<typeof import('./prisma')> | undefined;
  let client: PrismaClient | undefined;
  // In a file of its own beside the bundle, by this name (tools/build/bundle.mjs).
  const load = () =>
    import('@corral/database/prisma').catch((error: unknown) => {
      // A disk may be away for a moment: whoever asks next tries again.
      loading = undefined;
      throw error;
    });
  return {
    async withFleetPrisma(fleetId, work, limits) {
      const prisma = await (loading ??= load());
      client ??= prisma.createPrisma(settings);
      return prisma.withFleetPrisma(client, fleetId, work, limits);
    },
    async close() {
      await loading?.catch(() => undefined);
      await client?.$disconnect();
    },
  };
}
