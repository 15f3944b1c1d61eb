import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from '@corral/contracts/http';
import type { Caller } from '../http/route';

const LIVES_MS = 30_000;

/** Stand-ins for a key in a URL, where it would be logged: they open one stream and live 30 s. */
export interface LiveTickets {
  issue(caller: Caller): { ticket: string; expiresAt: number };
  /** Undefined for one that is spent, expired or none of ours. */
  redeem(ticket: string): Caller | undefined;
}

/**
 * Tickets that verify themselves under a key derived from the installation's secret, so that any gateway can redeem what another issued.
 * That each is used once only, every gateway sees for itself.
 */
export function createLiveTickets(secret: string | undefined, clock: () => number): LiveTickets {
  const key = Buffer.from(hkdfSync('sha256', secret ?? randomBytes(32), '', 'corral live ticket', 32));
  const spent = new Map<string, number>();

  function sign(payload: string): Buffer {
    return createHmac('sha256', key).update(payload).digest();
  }

  return {
    issue(caller) {
      const expiresAt = clock() + LIVES_MS;
      const content = [
        caller.fleetId,
        caller.keyId,
        [...caller.scopes],
        expiresAt,
        randomBytes(9).toString('base64url'),
      ];
      const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
      return { ticket: `crl_tkt_${payload}.${sign(payload).toString('base64url')}`, expiresAt };
    },
    redeem(ticket) {
      const [, payload, mac] = /^crl_tkt_([\w-]+)\.([\w-]+)$/.exec(ticket) ?? [];
      if (payload === undefined || mac === undefined) return undefined;
      const given = Buffer.from(mac, 'base64url');
      const wanted = sign(payload);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      const now = clock();
      for (const [old, until] of spent) if (until <= now) spent.delete(old);
      const [fleetId, keyId, scopes, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
        string,
        string,
        Scope[],
        number,
      ];
      if (expiresAt <= now || spent.has(payload)) return undefined;
      spent.set(payload, expiresAt);
      return { fleetId, keyId, scopes: new Set(scopes) };
    },
  };
}
