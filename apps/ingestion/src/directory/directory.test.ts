import { createDeviceTokens } from '@corral/contracts';
import { createMetrics, sha256Hex } from '@corral/runtime';
import { eventually } from '@corral/messaging/testing';
import { recordingLogger, silentLogger } from '@corral/runtime/testing';
import { createDirectory, type Directory, type DirectoryOptions } from './directory';
import type { DirectoryFile } from './directory-file';
import type { DirectorySnapshot } from './directory-snapshot';
import { createMemoryDirectorySource } from './directory-source.memory';

const NOW = 1_800_000_000_000;
const KEY = 'crl_key_one';
const IDENTITY = { fleetId: 'default', scopes: ['heartbeats:write'] };
const DEVICE_TOKENS = createDeviceTokens('a token secret for tests, long enough');
const BIKE = { fleetId: 'default', vehicleId: 'bike-42', number: 2 };
const TOKEN = DEVICE_TOKENS.issue(BIKE);
const DEVICE = { fleetId: 'default', scopes: ['heartbeats:write'], vehicleId: 'bike-42' };
const entry = (key: string, over = {}) => ({ ...IDENTITY, keyId: key, hash: sha256Hex(key), ...over });

/** A file in memory. */
function memoryFile(saved?: DirectorySnapshot): DirectoryFile & { saved: DirectorySnapshot | undefined } {
  const file = {
    saved,
    load: async () => file.saved,
    save: async (snapshot: DirectorySnapshot) => void (file.saved = snapshot),
  };
  return file;
}

const running: Directory[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((directory) => directory.stop()));
});

async function start(
  over: Partial<DirectoryOptions> & { before?: (source: ReturnType<typeof createMemoryDirectorySource>) => void } = {},
) {
  const now = { ms: NOW };
  const clock = () => now.ms;
  const source = createMemoryDirectorySource(clock);
  source.addFleet('default');
  source.addKey(entry(KEY));
  over.before?.(source);
  const metrics = createMetrics();
  const directory = createDirectory({
    source,
    file: memoryFile(),
    deviceTokens: DEVICE_TOKENS,
    clock,
    logger: silentLogger,
    metrics,
    ...over,
  });
  running.push(directory);
  await directory.start();
  return { directory, source, now, metrics };
}

describe('who is known', () => {
  test('a key of the snapshot is known at once, without asking anybody', async () => {
    const { directory, source } = await start();
    expect(directory.identify(KEY)).toEqual({ kind: 'known', identity: IDENTITY });
    expect(source.lookups()).toBe(0);
  });

  test('a key that expires is unknown from that moment on', async () => {
    const { directory, now } = await start({
      before: (source) => source.addKey(entry('brief', { expiresAt: NOW + 1_000 })),
    });
    expect(await directory.identify('brief')).toMatchObject({ kind: 'known' });
    now.ms += 1_000;
    expect(await directory.identify('brief')).toEqual({ kind: 'unknown' });
  });

  test('a key made since the last load is looked up once, by all who ask at the same time', async () => {
    const { directory, source } = await start();
    source.addKey(entry('new'));
    const answers = await Promise.all([
      directory.identify('new'),
      directory.identify('new'),
      directory.identify('new'),
    ]);
    expect(answers).toEqual(Array(3).fill({ kind: 'known', identity: IDENTITY }));
    expect(directory.identify('new')).toEqual({ kind: 'known', identity: IDENTITY });
    expect(source.lookups()).toBe(1);
  });

  test('an unknown key is asked about once in 30 s, then again: it may have been made meanwhile', async () => {
    const { directory, source, now } = await start();
    for (let i = 0; i < 5; i++) expect(await directory.identify('later')).toEqual({ kind: 'unknown' });
    expect(source.lookups()).toBe(1);
    source.addKey(entry('later'));
    now.ms += 30_000;
    expect(await directory.identify('later')).toMatchObject({ kind: 'known' });
  });

  test('a flood of made-up keys keeps the source from nobody: 16 questions at once, then busy', async () => {
    const { directory, source, metrics } = await start();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => directory.identify(`made-up-${i}`)));
    expect(answers.filter(({ kind }) => kind === 'unknown')).toHaveLength(16);
    expect(answers.filter(({ kind }) => kind === 'busy')).toHaveLength(24);
    expect(source.lookups()).toBe(16);
    expect(directory.identify(KEY)).toMatchObject({ kind: 'known' });
    expect(metrics.render()).toContain('corral_directory_lookups_total{outcome="busy"} 24');
  });
});

describe('who is no longer known', () => {
  test('a revoked key is unknown after the next load, also one that was looked up between two loads', async () => {
    const { directory, source } = await start({ refreshMs: 20 });
    source.addKey(entry('new'));
    expect(await directory.identify('new')).toMatchObject({ kind: 'known' });
    source.revoke(sha256Hex(KEY));
    source.revoke(sha256Hex('new'));
    await eventually(
      'both are unknown',
      async () =>
        (await directory.identify(KEY)).kind === 'unknown' && (await directory.identify('new')).kind === 'unknown',
    );
  });
});

describe('device tokens', () => {
  test('verify themselves: nobody is asked, for the true and for the forged', async () => {
    const { directory, source } = await start();
    for (let i = 0; i < 2; i++) expect(directory.identify(TOKEN)).toEqual({ kind: 'known', identity: DEVICE });
    expect(directory.identify(`${TOKEN.slice(0, -1)}${TOKEN.endsWith('A') ? 'E' : 'A'}`)).toEqual({ kind: 'unknown' });
    expect(directory.identify('crl_dev_made-up')).toEqual({ kind: 'unknown' });
    expect(source.lookups()).toBe(0);
  });

  test('are verified once while they are used', async () => {
    let verified = 0;
    const verify = (text: string) => {
      verified++;
      return DEVICE_TOKENS.verify(text);
    };
    const { directory } = await start({ deviceTokens: { verify } });
    for (let i = 0; i < 10; i++) expect(await directory.identify(TOKEN)).toMatchObject({ kind: 'known' });
    expect(verified).toBe(1);
  });

  test('a revoked one is unknown after the next load, though it was used a moment before; a newer one of the vehicle lives', async () => {
    const { directory, source } = await start({ refreshMs: 20 });
    expect(directory.identify(TOKEN)).toMatchObject({ kind: 'known' });
    source.deny({ ...BIKE, from: NOW });
    await eventually('it is unknown', async () => (await directory.identify(TOKEN)).kind === 'unknown');
    expect(directory.identify(DEVICE_TOKENS.issue({ ...BIKE, number: 1 }))).toEqual({ kind: 'unknown' });
    expect(directory.identify(DEVICE_TOKENS.issue({ ...BIKE, number: 3 }))).toMatchObject({ kind: 'known' });
  });

  test('one that a newer one replaces dies at its moment, without another load', async () => {
    const { directory, source, now } = await start({
      refreshMs: 3_600_000,
      before: (made) => made.deny({ ...BIKE, from: NOW + 1_000 }),
    });
    expect(directory.identify(TOKEN)).toMatchObject({ kind: 'known' });
    now.ms += 1_000;
    expect(directory.identify(TOKEN)).toEqual({ kind: 'unknown' });
    expect(source.loads()).toBe(1);
  });
});

describe('while PostgreSQL is away', () => {
  const away = new Error('connection refused');

  test('without any snapshot nobody can be told: unavailable, never unknown', async () => {
    const { directory } = await start({ before: (source) => source.fail(away) });
    for (const credential of [KEY, 'anybody', TOKEN, 'crl_dev_made-up'])
      expect(await directory.identify(credential)).toEqual({ kind: 'unavailable' });
    expect(directory.missing()).toContain('no directory snapshot yet');
  });

  test('it is ready as soon as PostgreSQL answers', async () => {
    const { directory, source } = await start({ refreshMs: 10, before: (source) => source.fail(away) });
    source.fail(undefined);
    await eventually('there is a snapshot', () => directory.missing() === undefined);
    expect(directory.identify(KEY)).toMatchObject({ kind: 'known' });
  });

  test('the saved snapshot is enough to start with', async () => {
    const file = memoryFile({ takenAt: NOW - 60_000, fleetIds: ['default'], keys: [entry(KEY)], deniedTokens: [] });
    const { directory, metrics } = await start({ file, before: (source) => source.fail(away) });
    expect(directory.missing()).toBeUndefined();
    expect(directory.identify(KEY)).toMatchObject({ kind: 'known' });
    expect(metrics.render()).toContain('corral_directory_age_seconds 60');
  });

  test('the saved snapshot knows who was revoked, and device tokens made since verify all the same', async () => {
    const deniedTokens = [{ ...BIKE, from: NOW - 120_000 }];
    const file = memoryFile({ takenAt: NOW - 60_000, fleetIds: ['default'], keys: [], deniedTokens });
    const { directory } = await start({ file, before: (source) => source.fail(away) });
    expect(directory.identify(TOKEN)).toEqual({ kind: 'unknown' });
    for (const made of [
      { ...BIKE, number: 3 },
      { ...BIKE, vehicleId: 'new' },
      { ...BIKE, fleetId: 'new' },
    ])
      expect(directory.identify(DEVICE_TOKENS.issue(made))).toMatchObject({ kind: 'known' });
  });

  test('a key the saved snapshot does not know may be one made since: unavailable, never unknown', async () => {
    const file = memoryFile({ takenAt: NOW - 60_000, fleetIds: ['default'], keys: [], deniedTokens: [] });
    const { directory, source } = await start({ file, before: (source) => source.fail(away) });
    expect(await directory.identify(KEY)).toEqual({ kind: 'unavailable' });
    expect(source.lookups()).toBe(0);
  });

  test('what was known stays known, and one warning says so', async () => {
    const { logger, lines } = recordingLogger();
    const { directory, source } = await start({ refreshMs: 5, logger });
    source.fail(away);
    const loads = source.loads();
    await eventually('it was asked again and again', () => source.loads() > loads + 5);
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ reason: 'connection refused' }),
    ]);
    expect(directory.identify(KEY)).toMatchObject({ kind: 'known' });
  });

  test('a lookup that fails says unavailable and is tried again', async () => {
    const { directory, source } = await start({ refreshMs: 60_000 });
    source.addKey(entry('new'));
    source.fail(away);
    expect(await directory.identify('new')).toEqual({ kind: 'unavailable' });
    source.fail(undefined);
    expect(await directory.identify('new')).toMatchObject({ kind: 'known' });
  });
});

describe('the saved snapshot', () => {
  test('is written after every load and holds hashes only', async () => {
    const file = memoryFile();
    await start({ file });
    expect(file.saved).toMatchObject({ takenAt: NOW, fleetIds: ['default'], keys: [{ hash: sha256Hex(KEY) }] });
    expect(Object.keys(file.saved!.keys[0]!).sort()).toEqual(['fleetId', 'hash', 'keyId', 'scopes']);
  });

  test('a disk that cannot be written to costs a warning, not the directory', async () => {
    const { logger, lines } = recordingLogger();
    const file = { load: () => Promise.reject(new Error('EIO')), save: () => Promise.reject(new Error('ENOSPC')) };
    const { directory } = await start({ file, logger });
    expect(directory.identify(KEY)).toMatchObject({ kind: 'known' });
    expect(lines.filter(({ level }) => level === 'warn').map(({ reason }) => reason)).toEqual(['EIO', 'ENOSPC']);
  });
});
