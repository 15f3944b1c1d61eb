import { sha256Hex } from '@corral/runtime';
import type { DeniedTokens } from './deny-list';
import type { KeyEntry } from './directory-snapshot';
import type { DirectorySource } from './directory-source';

/** A source under test, and how to make what it should find. */
export interface DirectorySourceStage {
  readonly source: DirectorySource;
  addFleet(fleetId: string): Promise<void> | void;
  addKey(entry: KeyEntry): Promise<void> | void;
  revoke(hash: string): Promise<void> | void;
  deny(tokens: DeniedTokens): Promise<void> | void;
  stop(): Promise<void>;
}

/** What every directory source promises. */
export function describeDirectorySource(name: string, start: () => Promise<DirectorySourceStage>): void {
  describe(`directory source: ${name}`, () => {
    const { signal } = new AbortController();
    const keys = ['writer', 'reader', 'expiring', 'expired', 'revoked'] as const;
    const hash = Object.fromEntries(keys.map((key) => [key, sha256Hex(`crl_key_${key}`)])) as Record<
      (typeof keys)[number],
      string
    >;
    const future = Date.now() + 3_600_000;
    const writer: KeyEntry = {
      fleetId: 'amsterdam',
      keyId: 'writer',
      hash: hash.writer,
      scopes: ['heartbeats:write', 'zones:read'],
    };
    const reader: KeyEntry = { fleetId: 'berlin', keyId: 'reader', hash: hash.reader, scopes: [] };
    const expiring: KeyEntry = {
      fleetId: 'berlin',
      keyId: 'expiring',
      hash: hash.expiring,
      scopes: [],
      expiresAt: future,
    };
    const denied: readonly DeniedTokens[] = [
      { fleetId: 'amsterdam', vehicleId: 'bike-1', number: 3, from: Date.now() - 1_000 },
      { fleetId: 'berlin', vehicleId: 'bike-1', number: 1, from: future },
    ];
    let stage: DirectorySourceStage;

    beforeAll(async () => {
      stage = await start();
      for (const fleetId of ['amsterdam', 'berlin', 'without-keys']) await stage.addFleet(fleetId);
      for (const entry of [writer, reader, expiring]) await stage.addKey(entry);
      await stage.addKey({ ...reader, keyId: 'expired', hash: hash.expired, expiresAt: Date.now() - 1_000 });
      await stage.addKey({ ...reader, keyId: 'revoked', hash: hash.revoked });
      await stage.revoke(hash.revoked);
      for (const tokens of denied) await stage.deny(tokens);
    });
    afterAll(() => stage.stop());

    test('a load answers all fleets, and the keys that are neither revoked nor expired', async () => {
      const { fleetIds, keys } = await stage.source.load(signal);
      expect(fleetIds).toEqual(['amsterdam', 'berlin', 'without-keys']);
      const byId = [...keys].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
      expect(byId).toEqual([expiring, reader, writer]);
    });

    test('a load answers the device tokens that live no longer, and those that will', async () => {
      const { deniedTokens } = await stage.source.load(signal);
      expect([...deniedTokens].sort((a, b) => (a.fleetId < b.fleetId ? -1 : 1))).toEqual(denied);
    });

    test('one key is found by its hash', async () => {
      expect(await stage.source.find(hash.writer, signal)).toEqual(writer);
      expect(await stage.source.find(hash.expiring, signal)).toEqual(expiring);
    });

    test('revoked, expired and unknown keys are not found', async () => {
      for (const unknown of [hash.revoked, hash.expired, sha256Hex('crl_key_unknown')])
        expect(await stage.source.find(unknown, signal)).toBeUndefined();
    });

    test('nobody waits for an answer any more once the signal aborted', async () => {
      await expect(stage.source.load(AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
      await expect(stage.source.find(hash.writer, AbortSignal.abort(new Error('stopping')))).rejects.toThrow(
        'stopping',
      );
    });
  });
}
