import { isDeviceToken, type DeviceToken, type DeviceTokens } from '@corral/contracts';
import { explain, sha256Hex, sleep, type Logger, type Metrics } from '@corral/runtime';
import { createRecentMap } from '../recent-map';
import { createDenyList, type DenyList } from './deny-list';
import type { DirectoryFile } from './directory-file';
import type { DirectorySnapshot, KeyEntry } from './directory-snapshot';
import type { DirectorySource } from './directory-source';

/** Whom a credential stands for. */
export interface Identity {
  readonly fleetId: string;
  readonly scopes: readonly string[];
  /** The one vehicle the credential may speak of; absent for a key of the whole fleet. */
  readonly vehicleId?: string;
}

/** What the directory knows about a credential. `unavailable`: it cannot tell (never to be answered 401). `busy`: too many unknown ones at once. */
export type Identification =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'busy' };

/** Knows who may send, from memory: no request waits for PostgreSQL, but for a key never seen before. */
export interface Directory {
  identify(credential: string): Identification | Promise<Identification>;
  /** Why it cannot tell anybody yet; undefined once there is a snapshot. */
  missing(): string | undefined;
  /** Loads the saved snapshot, asks the source, and goes on asking until stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What a {@link Directory} is made of. */
export interface DirectoryOptions {
  readonly source: DirectorySource;
  readonly file: DirectoryFile;
  readonly deviceTokens: Pick<DeviceTokens, 'verify'>;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Between two loads, 15 s by default: with the time a load takes, a revocation bites within 30 s. */
  readonly refreshMs?: number;
}

/** A device token of ours, and whom it stands for while it is not denied. */
interface VerifiedToken {
  readonly token: DeviceToken;
  readonly known: Identification;
}

const REFRESH_MS = 15_000;
const AFTER_FAILURE_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
/** For so long an unknown key is not asked about again. */
const UNKNOWN_FOR_MS = 30_000;
const MOST_UNKNOWN = 10_000;
const MOST_REMEMBERED = 10_000;
const MOST_LOOKUPS_AT_ONCE = 16;
/** Of device tokens that verified: twice so many are remembered, some 5 MB. */
const MOST_VERIFIED = 5_000;
const WHAT_DEVICES_MAY = ['heartbeats:write'] as const;

/** A directory over a snapshot that is refreshed, saved, and loaded again when PostgreSQL is away. */
export function createDirectory({
  source,
  file,
  deviceTokens,
  clock,
  logger,
  metrics,
  refreshMs = REFRESH_MS,
}: DirectoryOptions): Directory {
  let snapshot: DirectorySnapshot | undefined;
  let byHash = new Map<string, KeyEntry>();
  /** Keys used since the last load: a hash costs more than all else that is asked here. */
  const byCredential = new Map<string, KeyEntry>();
  /** Device tokens used lately: to verify one costs as much. Whether it is denied is asked each time. */
  const verified = createRecentMap<VerifiedToken>(MOST_VERIFIED);
  let denyList: DenyList = createDenyList([]);
  const unknownUntil = new Map<string, number>();
  const lookups = new Map<string, Promise<Identification>>();
  let sourceAnswers = false;
  const stopped = new AbortController();
  let running: Promise<void> | undefined;

  const lookedUp = metrics.counter('corral_directory_lookups_total');
  const age = metrics.gauge('corral_directory_age_seconds');
  age.onRead(() => snapshot && age.set((clock() - snapshot.takenAt) / 1000));

  function use(taken: DirectorySnapshot): void {
    snapshot = taken;
    byCredential.clear();
    byHash = new Map(taken.keys.map((entry) => [entry.hash, entry]));
    denyList = createDenyList(taken.deniedTokens);
  }

  async function refresh(): Promise<boolean> {
    try {
      const takenAt = clock();
      use({ takenAt, ...(await within(ANSWER_WITHIN_MS, stopped.signal, (signal) => source.load(signal))) });
      if (!sourceAnswers)
        logger.info({ fleets: snapshot?.fleetIds.length, keys: snapshot?.keys.length }, 'directory loaded');
      sourceAnswers = true;
    } catch (error) {
      if (stopped.signal.aborted) return false;
      if (sourceAnswers || !snapshot)
        logger.warn({ reason: explain(error) }, 'could not refresh the directory, going on with what is known');
      sourceAnswers = false;
      return false;
    }
    await save();
    return true;
  }

  async function save(): Promise<void> {
    try {
      if (snapshot) await file.save(snapshot);
    } catch (error) {
      logger.warn(
        { reason: explain(error) },
        'could not save the directory; a restart while PostgreSQL is away would know nobody',
      );
    }
  }

  async function keepFresh(refreshed: boolean): Promise<void> {
    for (let good = refreshed; ; good = await refresh())
      await sleep(good ? refreshMs : Math.min(AFTER_FAILURE_MS, refreshMs), stopped.signal);
  }

  function identify(credential: string): Identification | Promise<Identification> {
    if (isDeviceToken(credential)) return identifyDevice(credential);
    const seen = byCredential.get(credential);
    if (seen) return known(seen);
    const hash = sha256Hex(credential);
    const entry = byHash.get(hash);
    if (entry) {
      if (byCredential.size < MOST_REMEMBERED) byCredential.set(credential, entry);
      return known(entry);
    }
    if (!snapshot) return { kind: 'unavailable' };
    const until = unknownUntil.get(hash);
    if (until !== undefined && until > clock()) return { kind: 'unknown' };
    // While PostgreSQL is away nobody can say that a key is not one made a minute ago.
    if (!sourceAnswers) return { kind: 'unavailable' };
    return lookups.get(hash) ?? lookUp(hash);
  }

  function identifyDevice(credential: string): Identification {
    // It is ours, or it is not; but nobody knows whether it was revoked.
    if (!snapshot) return { kind: 'unavailable' };
    const device = verified.get(credential) ?? verify(credential);
    if (device === undefined || denyList.denies(device.token, clock())) return { kind: 'unknown' };
    return device.known;
  }

  function verify(credential: string): VerifiedToken | undefined {
    const token = deviceTokens.verify(credential);
    if (token === undefined) return undefined;
    const { fleetId, vehicleId } = token;
    const device: VerifiedToken = {
      token,
      known: { kind: 'known', identity: { fleetId, scopes: WHAT_DEVICES_MAY, vehicleId } },
    };
    verified.set(credential, device);
    return device;
  }

  function known({ fleetId, scopes, expiresAt }: KeyEntry): Identification {
    if (expiresAt !== undefined && expiresAt <= clock()) return { kind: 'unknown' };
    return { kind: 'known', identity: { fleetId, scopes } };
  }

  function lookUp(hash: string): Identification | Promise<Identification> {
    if (lookups.size >= MOST_LOOKUPS_AT_ONCE) {
      lookedUp.inc({ outcome: 'busy' });
      return { kind: 'busy' };
    }
    const asked = ask(hash).finally(() => lookups.delete(hash));
    lookups.set(hash, asked);
    return asked;
  }

  async function ask(hash: string): Promise<Identification> {
    let entry: KeyEntry | undefined;
    try {
      entry = await within(ANSWER_WITHIN_MS, stopped.signal, (signal) => source.find(hash, signal));
    } catch (error) {
      logger.warn({ reason: explain(error) }, 'could not look an unknown key up');
      lookedUp.inc({ outcome: 'failed' });
      return { kind: 'unavailable' };
    }
    lookedUp.inc({ outcome: entry ? 'found' : 'unknown' });
    if (!entry) {
      rememberUnknown(hash);
      return { kind: 'unknown' };
    }
    // Until the next load, which has it, or no longer has it.
    byHash.set(hash, entry);
    return known(entry);
  }

  function rememberUnknown(hash: string): void {
    unknownUntil.delete(hash);
    unknownUntil.set(hash, clock() + UNKNOWN_FOR_MS);
    // A flood of made-up keys must not fill the memory; the oldest is the first in the map.
    if (unknownUntil.size > MOST_UNKNOWN) unknownUntil.delete(unknownUntil.keys().next().value!);
  }

  return {
    identify,
    missing: () => (snapshot ? undefined : 'no directory snapshot yet: PostgreSQL has not answered and none is saved'),
    async start() {
      try {
        const saved = await file.load();
        if (saved) use(saved);
      } catch (error) {
        logger.warn({ reason: explain(error) }, 'could not load the saved directory');
      }
      // With a saved snapshot nobody needs to wait for PostgreSQL.
      const first = refresh();
      const refreshed = snapshot ? undefined : await first;
      running = first.then((good) => keepFresh(refreshed ?? good)).catch(() => undefined);
    },
    async stop() {
      stopped.abort(new Error('stopping'));
      await running;
    },
  };
}

/** Does work that must answer in time. The work is told by its signal; one that does not listen is not waited for. */
async function within<T>(ms: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = sleep(ms, AbortSignal.any([outer, done.signal])).then(() => {
    throw new Error(`no answer within ${ms / 1000} s`);
  });
  late.catch(() => undefined);
  const signal = AbortSignal.any([outer, done.signal]);
  try {
    return await Promise.race([work(signal), late]);
  } finally {
    done.abort(new Error('too late'));
  }
}
