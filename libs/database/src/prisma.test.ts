import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPrisma, withFleetPrisma } from './prisma';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
let prisma: ReturnType<typeof createPrisma>;
beforeAll(async () => {
  server = await startTestDatabase();
  prisma = createPrisma({ url: server.url, application: 'prisma test', poolSize: 2 });
  await prisma.fleet.createMany({
    data: [
      { id: 'amber', name: 'Amber' },
      { id: 'birch', name: 'Birch' },
    ],
  });
  for (const fleetId of ['amber', 'birch']) await prisma.vehicle.create({ data: { fleetId, id: 'bike-1' } });
});
afterAll(async () => {
  await prisma.$disconnect();
  await server.stop();
});

test('whoever serves a fleet through Prisma sees and writes its rows only', async () => {
  const seen = await withFleetPrisma(prisma, 'amber', (tx) => tx.vehicle.findMany());
  expect(seen.map(({ fleetId }) => fleetId)).toEqual(['amber']);
  const changed = await withFleetPrisma(prisma, 'amber', (tx) => tx.vehicle.updateMany({ data: { name: 'mine' } }));
  expect(changed.count).toBe(1);
  const insert = withFleetPrisma(prisma, 'amber', (tx) =>
    tx.vehicle.create({ data: { fleetId: 'birch', id: 'bike-2' } }),
  );
  await expect(insert).rejects.toThrow('row-level security');
});

test('role and fleet end with the transaction, also when it fails', async () => {
  for (let i = 0; i < 4; i++) {
    await withFleetPrisma(prisma, 'amber', () => Promise.reject(new Error('changed my mind'))).catch(() => undefined);
  }
  expect(await prisma.vehicle.count()).toBe(2);
});

test('times come back to the millisecond', async () => {
  const createdAt = new Date(1_795_255_201_609);
  await prisma.fleet.create({ data: { id: 'cedar', name: 'Cedar', createdAt } });
  const { rows } = await server.database.query(`SELECT created_at FROM fleet WHERE id = 'cedar'`);
  expect(rows).toEqual([{ created_at: createdAt.getTime() }]);
  expect((await prisma.fleet.findUniqueOrThrow({ where: { id: 'cedar' } })).createdAt).toEqual(createdAt);
});

test('bundled into one CommonJS file, as the programs are, it works the same', () => {
  const file = join(__dirname, '..', 'test-output', `prisma-${process.pid}.cjs`);
  const esbuild = join(__dirname, '..', '..', '..', 'node_modules', '.bin', 'esbuild');
  const program = `
    import { createPrisma, withFleetPrisma } from './prisma';
    const prisma = createPrisma({ url: process.argv[2], application: 'bundle' });
    withFleetPrisma(prisma, 'amber', (tx) => tx.fleet.findMany())
      .then((fleets) => console.log(JSON.stringify(fleets.map(({ id }) => id))))
      .finally(() => prisma.$disconnect());`;
  const options = [
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--external:pg-native',
    '--loader=ts',
    `--outfile=${file}`,
  ];
  execFileSync(esbuild, [...options, '--log-level=warning'], { cwd: __dirname, input: program, stdio: 'pipe' });
  const said = execFileSync(process.execPath, [file, server.url], { encoding: 'utf8' });
  rmSync(file);
  expect(JSON.parse(said)).toEqual(['amber']);
});
