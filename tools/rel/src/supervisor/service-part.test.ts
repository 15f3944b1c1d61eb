import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relFolder, type RelFolder } from '../rel-folder';
import { keptPorts } from './free-ports';
import type { Part } from './part';
import { isAlive, readPids } from './process-ids';
import { servicePart } from './service-part';

/** A service that is ready at once, and does not always obey. */
const PROGRAM = `
  require('node:http').createServer((req, res) => {
    if (req.url === '/end') process.exit(3);
    res.end();
  }).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
`;

let folder: RelFolder;
let service: Part;
let url: string;
const notes: string[] = [];

beforeEach(async () => {
  folder = relFolder({ REL: mkdtempSync(join(tmpdir(), 'corral-rel-')) });
  for (const path of [folder.run, folder.log]) mkdirSync(path);
  const script = join(folder.root, 'service.cjs');
  writeFileSync(script, PROGRAM);
  const port = (await keptPorts(join(folder.root, 'ports.json'), ['service'])).get('service')!;
  url = `http://127.0.0.1:${port}`;
  service = servicePart({
    name: 'service',
    script,
    args: [],
    cwd: folder.root,
    env: { PORT: String(port) },
    management: url,
    folder,
    note: (line) => notes.push(line),
  });
  await service.start();
});

afterEach(async () => {
  await service.stop();
  rmSync(folder.root, { recursive: true });
});

describe('a service of a rig', () => {
  it('that is killed is back under a new pid, which its pid file names', async () => {
    const [before] = service.pids();
    const struck = await service.strike({ signal: 'SIGKILL', downMs: 0, restart: true });
    expect(struck).toEqual({
      part: 'service',
      pid: before,
      exit: 'SIGKILL',
      backAfterMs: expect.any(Number),
      endedAfterMs: expect.any(Number),
    });
    expect(isAlive(before!)).toBe(false);
    expect(service.pids()).not.toEqual([before]);
    expect(readPids(folder.run)).toEqual([{ name: 'service', pid: service.pids()[0] }]);
    expect(await service.status()).toMatchObject({ ready: true, endedByItself: 0 });
  });

  it('that was told to end says how it ended, and stays down until it is started', async () => {
    const struck = await service.strike({ signal: 'SIGTERM', downMs: 0, restart: false });
    expect(struck).toMatchObject({ exit: 'exit 0' });
    expect(await service.status()).toMatchObject({ pids: [], ready: false });
    expect(readPids(folder.run)).toEqual([]);
    await service.start();
    expect(await service.status()).toMatchObject({ ready: true });
  });

  it('that ends by itself is started again, counted and noted', async () => {
    const [before] = service.pids();
    await fetch(`${url}/end`).catch(() => undefined);
    await service.start();
    expect(service.pids()).not.toEqual([before]);
    expect(await service.status()).toMatchObject({ endedByItself: 1 });
    expect(notes).toContain(`service (pid ${before}) ended by itself: exit 3`);
  });

  it('leaves nothing running and no pid file when it is stopped', async () => {
    const [pid] = service.pids();
    await service.stop();
    await service.stop();
    expect(isAlive(pid!)).toBe(false);
    expect(readFileSync(join(folder.log, 'service.log'), 'utf8')).toBe('');
  });
});
