import { setTimeout as delay } from 'node:timers/promises';
import { locks } from '../locks';
import { openSession, type Session } from '../session';
import { usualPatience, type Patience } from './patience';
import { isAlive } from './postmaster-pid';

/** The lock of a data folder: ours (an open connection that holds it), or held by another process. */
export type DataFolderLock =
  { readonly kind: 'ours'; readonly session: Session } | { readonly kind: 'held'; readonly pid: number | undefined };

/** What {@link lockDataFolder} needs. */
export interface LockRequest {
  /** Of the server in that folder. */
  readonly url: string;
  readonly signal?: AbortSignal;
  readonly patience?: Pick<Patience, 'held' | 'heldByDead'>;
}

const owner = /^corral owner (\d+)$/;

/**
 * Takes the advisory lock that says whose an embedded server is, on a connection that is to stay open for life: when the connection goes, so does the
 * lock. The connection's name in pg_stat_activity carries our pid, so that the next one can name it. Throws when the server goes away meanwhile.
 */
export async function lockDataFolder(request: LockRequest): Promise<DataFolderLock> {
  const { url, signal, patience = usualPatience } = request;
  const session = await openSession(url, `corral owner ${process.pid}`);
  try {
    for (const began = performance.now(); ; await delay(50, undefined, signal === undefined ? {} : { signal })) {
      const { rows } = await session.query<{ ours: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS ours',
        locks.dataFolder,
      );
      if (rows[0]?.ours === true) return { kind: 'ours', session };
      const pid = await ownerOf(session);
      const enough = pid !== undefined && isAlive(pid) ? patience.held : patience.heldByDead;
      if (performance.now() - began > enough) {
        await session.close();
        return { kind: 'held', pid };
      }
    }
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function ownerOf(session: Session): Promise<number | undefined> {
  const { rows } = await session.query<{ application_name: string }>(
    `SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::bigint::oid AND l.objid = $2::bigint::oid AND l.objsubid = 2`,
    locks.dataFolder,
  );
  const pid = owner.exec(rows[0]?.application_name ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}
