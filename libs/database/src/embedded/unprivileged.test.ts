import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endServer } from './end-server';
import { makeDataFolder } from './make-data-folder';
import { makeSocketDir, placeOf } from './place';
import { findPostgresBinaries } from './postgres-binaries';
import { startServer } from './start-server';
import { thisMachine, unprivileged, type Surroundings } from './unprivileged';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-unprivileged-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:70:71::/:/bin/sh\n';

/** A machine on which a root may do what `can` says. */
function aMachine(can: (file: string, uid?: number) => boolean): Surroundings {
  return { isRoot: true, succeeds: (file, _args, identity) => can(file, identity?.uid), accounts: () => passwd };
}

test('whoever is not root runs PostgreSQL as it is', () => {
  const as = unprivileged(folder, '/bin/postgres', { ...aMachine(() => false), isRoot: false });
  expect(as.command('/bin/postgres', ['-D', 'x'])).toEqual({ file: '/bin/postgres', args: ['-D', 'x'], identity: {} });
});

test('root runs it in a user namespace', () => {
  const as = unprivileged(
    folder,
    '/bin/postgres',
    aMachine((file) => file === 'unshare'),
  );
  expect(as.command('/bin/postgres', ['-D', 'x'])).toEqual({
    file: 'unshare',
    args: ['-U', '--map-user=65534', '--map-group=65534', '/bin/postgres', '-D', 'x'],
    identity: {},
  });
});

test('where namespaces are off, root runs it as postgres, or else as nobody', () => {
  const noNamespace = (uids: number[]) => aMachine((file, uid) => file !== 'unshare' && uids.includes(uid ?? 0));
  const identityOf = (uids: number[]) =>
    unprivileged(folder, '/bin/postgres', noNamespace(uids)).command('x', []).identity;
  expect(identityOf([70, 65534])).toEqual({ uid: 70, gid: 71 });
  expect(identityOf([65534])).toEqual({ uid: 65534, gid: 65533 });
});

test('where nobody can enter the folder either, root is told what to do', () => {
  expect(() =>
    unprivileged(
      folder,
      '/bin/postgres',
      aMachine(() => false),
    ),
  ).toThrow(
    `neither postgres nor nobody can enter both ${folder} and /bin: start Corral as another user, or name a PostgreSQL with DATABASE_URL`,
  );
});

test('a server really runs as another account, in a folder that only root could enter before', async () => {
  // Not root: the other account is our own, which takes the same way.
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot ? [65534, 65534] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const place = placeOf(folder);
  const binaries = findPostgresBinaries();
  const as = unprivileged(folder, binaries.postgres, {
    isRoot: true,
    succeeds: (file, args, identity) => file !== 'unshare' && thisMachine.succeeds(file, args, identity),
    accounts: () => `nobody:x:${uid}:${gid}::/:/bin/false`,
  });
  await makeDataFolder({ pgdata: place.pgdata, binaries, as });
  const started = await startServer({ place, binaries, as });
  expect(started).toMatchObject({ kind: 'ready' });
  if (started.kind === 'ready') await endServer(started.pid);
  expect(statSync(join(place.pgdata, 'PG_VERSION')).uid).toBe(uid);
});

test('a socket folder under /tmp that somebody else could enter is refused', () => {
  const place = { ...placeOf(folder), socketDir: join(folder, 'socket') };
  const as = unprivileged(folder, findPostgresBinaries().postgres);
  makeSocketDir(place, as);
  expect(statSync(place.socketDir).mode & 0o777).toBe(0o700);
  makeSocketDir(place, as);
  chmodSync(place.socketDir, 0o777);
  expect(() => makeSocketDir(place, as)).toThrow('belongs to somebody else');
  rmSync(place.socketDir, { recursive: true });
  writeFileSync(place.socketDir, '');
  expect(() => makeSocketDir(place, as)).toThrow('belongs to somebody else');
});
