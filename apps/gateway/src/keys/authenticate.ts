import type { Scope } from '@corral/contracts/http';
import type { Queryable } from '@corral/database';
import { Problem } from '@corral/runtime';
import type { Caller } from '../http/route';
import { couldBeKey, hashOfKey } from './api-key';
import type { LiveTickets } from './live-tickets';

/** How long an answer of the database about a key is believed: a revocation bites within it. */
const BELIEVED_MS = 15_000;
/** Strangers may send any number of different keys; only so many answers are kept. */
const MOST_KEPT = 10_000;

/** Who a request comes from. Both throw 401. */
export interface Authenticate {
  byHeader(authorization: string | undefined): Promise<Caller>;
  byTicket(ticket: string): Caller;
  /** A key just revoked here is refused here at once. */
  forget(): void;
  /** Which of these callers' keys still live, asked of the database now: for streams that are open. */
  stillLive(callers: readonly Caller[]): Promise<ReadonlySet<Caller>>;
}

interface Believed {
  readonly until: number;
  /** In flight counts too: many requests with one new key ask once. */
  readonly known: Promise<KnownKey | undefined>;
}

interface KnownKey {
  readonly caller: Caller;
  /** Epoch milliseconds; an expiry is known beforehand and kept to the moment. */
  readonly expiresAt: number;
}

/** Keys are looked up by their hash and believed for 15 s. */
export function authenticateByKey(options: {
  readonly database: Queryable;
  readonly tickets: LiveTickets;
  readonly clock: () => number;
}): Authenticate {
  const { database, tickets, clock } = options;
  const believed = new Map<string, Believed>();

  function lookUp(key: string): Promise<KnownKey | undefined> {
    const hash = hashOfKey(key);
    const name = hash.toString('base64');
    const before = believed.get(name);
    if (before !== undefined && before.until > clock()) return before.known;
    if (believed.size >= MOST_KEPT) believed.clear();
    const known = loadKey(database, hash, clock());
    believed.set(name, { until: clock() + BELIEVED_MS, known });
    // A database that could not answer said nothing about the key.
    known.catch(() => believed.delete(name));
    return known;
  }

  return {
    async byHeader(authorization) {
      const key = /^Bearer +(.*\S) *$/i.exec(authorization ?? '')?.[1];
      if (key === undefined) throw unauthorized('credential_missing', 'Give a key: Authorization: Bearer crl_key_….');
      const known = couldBeKey(key) ? await lookUp(key) : undefined;
      if (known === undefined || known.expiresAt <= clock())
        throw unauthorized('credential_unknown', 'This key is not known, is revoked or has expired.');
      return known.caller;
    },
    byTicket(ticket) {
      const caller = tickets.redeem(ticket);
      if (caller === undefined) throw unauthorized('ticket_unknown', 'This ticket is spent, expired or none of ours.');
      return caller;
    },
    forget: () => believed.clear(),
    async stillLive(callers) {
      const { rows } = await database.query<{ fleet_id: string; key_id: string }>(
        `SELECT fleet_id, key_id FROM api_key
          WHERE (fleet_id, key_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
            AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > to_timestamp($3 / 1000.0))`,
        [callers.map((caller) => caller.fleetId), callers.map((caller) => caller.keyId), clock()],
      );
      const live = new Set(rows.map((row) => `${row.fleet_id}/${row.key_id}`));
      return new Set(callers.filter((caller) => live.has(`${caller.fleetId}/${caller.keyId}`)));
    },
  };
}

async function loadKey(database: Queryable, hash: Buffer, now: number): Promise<KnownKey | undefined> {
  const { rows } = await database.query<{
    fleet_id: string;
    key_id: string;
    scopes: Scope[];
    expires_at: number | null;
    last_used_at: number | null;
  }>(
    `SELECT fleet_id, key_id, scopes, expires_at, last_used_at FROM api_key
      WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > to_timestamp($2 / 1000.0))`,
    [hash, now],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  // To the minute is enough, and spares a write per request.
  if (row.last_used_at === null || row.last_used_at < now - 60_000)
    await database.query('UPDATE api_key SET last_used_at = to_timestamp($2 / 1000.0) WHERE hash = $1', [hash, now]);
  const caller = { fleetId: row.fleet_id, keyId: row.key_id, scopes: new Set(row.scopes) };
  return { caller, expiresAt: row.expires_at ?? Infinity };
}

function unauthorized(code: string, detail: string): Problem {
  return new Problem(401, code, detail, { headers: { 'www-authenticate': 'Bearer realm="corral"' } });
}
