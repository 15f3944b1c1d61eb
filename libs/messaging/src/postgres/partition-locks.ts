import type { Database, Session } from '@corral/database';
import { explain } from '@corral/runtime';
import type { Membership, MembershipEvents } from '../pulled-consumption';
import { settlesWithin } from '../until-aborted';
import { RECORDS_CHANNEL } from './append-records';

/** Told when a member comes, goes or gives a partition back, as `<consumer> <topic>`. */
const MEMBERS_CHANNEL = 'corral_log_members';
/** A session that does not answer for so long is taken for lost. */
const ANSWER_LIMIT_MS = 5_000;

/**
 * Members and owners are advisory locks of one connection per consumption: they vanish with it, at once when the process dies. Every member
 * holds the group's lock shared, so the number of its holders is the number of members; a partition's lock has one holder.
 */
export async function joinByLocks(
  database: Database,
  { consumer, topic }: { readonly consumer: string; readonly topic: string },
  events: MembershipEvents,
): Promise<Membership> {
  const session = await database.session();
  const group = `${consumer} ${topic}`;
  const groupLock = `corral log members ${group}`;
  const lockOf = (partition: number) => `corral log partition ${group} ${partition}`;
  const ask = answeringInTime(session, events);
  try {
    session.onLost((error) => events.lost(`the connection that holds the locks is gone: ${explain(error)}`));
    await session.listen(RECORDS_CHANNEL, (payload) => {
      const at = payload.lastIndexOf(' ');
      if (payload.slice(0, at) === topic) events.records(Number(payload.slice(at + 1)));
    });
    await session.listen(MEMBERS_CHANNEL, (payload) => {
      if (payload === group) events.changed();
    });
    await ask(`SELECT pg_advisory_lock_shared(${hashOf('$1')}), pg_notify('${MEMBERS_CHANNEL}', $2)`, [
      groupLock,
      group,
    ]);
  } catch (error) {
    await settlesWithin(session.close(), 1_000);
    throw error;
  }

  return {
    async members() {
      const { rows } = await ask<{ members: number }>(
        `SELECT count(DISTINCT pid)::int AS members FROM pg_locks
          WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND ((classid::bigint << 32) | objid::bigint) = ${hashOf('$1')}`,
        [groupLock],
      );
      return rows[0]!.members;
    },
    async take(partition) {
      const { rows } = await ask<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${hashOf('$1')}) AS taken`, [
        lockOf(partition),
      ]);
      return rows[0]!.taken;
    },
    async release(partition) {
      await ask(`SELECT pg_advisory_unlock(${hashOf('$1')}), pg_notify('${MEMBERS_CHANNEL}', $2)`, [
        lockOf(partition),
        group,
      ]);
    },
    async leave() {
      // The locks go with the connection: unlocked first, so that those who are told find them free.
      await ask(`SELECT pg_advisory_unlock_all(), pg_notify('${MEMBERS_CHANNEL}', $1)`, [group]).catch(() => {});
      await settlesWithin(session.close(), 1_000);
    },
  };
}

function hashOf(parameter: string): string {
  return `hashtextextended(${parameter}, 0)`;
}

/** Statements of a session that is taken for lost when one hangs: half a connection would hold the locks for ever. */
function answeringInTime(session: Session, events: MembershipEvents): Session['query'] {
  return async (text, values) => {
    const asked = session.query(text, values);
    if (await settlesWithin(asked, ANSWER_LIMIT_MS)) return asked as never;
    const reason = `the connection that holds the locks did not answer within ${ANSWER_LIMIT_MS} ms`;
    events.lost(reason);
    throw Object.assign(new Error(reason), { code: 'ETIMEDOUT' });
  };
}
