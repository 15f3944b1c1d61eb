import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './support/free-port';
import { follow, bareEnvironment, ROOT, untilPrinted, type Program } from './support/program';
import { run, type Ran } from './support/run';
import { SWING_ZONES, swingingRide } from './support/track-crossing';
import { until } from './support/until';

/** The README's indented blocks below a heading, as a reader pastes them. */
function blocksBelow(heading: string): string[] {
  const [, section = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split(`\n## ${heading}\n`);
  const lines = section.split(/\n## /, 1)[0]!.split('\n');
  const blocks: string[][] = [[]];
  for (const [i, line] of lines.entries()) {
    if (line.startsWith('    ')) blocks.at(-1)!.push(line.slice(4));
    else if (line !== '' || !lines[i + 1]?.startsWith('    ')) blocks.push([]);
    else blocks.at(-1)!.push('');
  }
  return blocks.map((block) => block.join('\n').trim()).filter((block) => block !== '');
}

/** One command a piece: comments end one, a backslash does not. */
function commandsOf(block: string): string[] {
  const joined = block.replaceAll('\\\n', ' ');
  return joined.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

describe('the README, as pasted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corral-readme-'));
  const dataDir = join(folder, '.corral');
  let program: Program;
  beforeAll(async () => {
    const [install, demo] = blocksBelow('Run it');
    const lines = commandsOf(install!);
    expect(lines).toEqual(['npm ci', 'npm start']);
    expect(commandsOf(demo!)[0]).toBe('. .corral/demo.env');
    const env = { ...bareEnvironment(), CORRAL_DATA_DIR: dataDir, PORT: String(await freePort()) };
    // npm ci has been run: we are here.
    const child = spawn('sh', ['-c', `exec ${lines.at(-1)}`], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    program = follow('npm start', child);
    await untilPrinted(program, /Corral is ready: (http:\S+)/, 60_000);
  }, 120_000);
  afterAll(async () => {
    if (program.ended() === undefined) process.kill(-program.pid, 'SIGTERM');
    await program.end('SIGTERM').catch(() => process.kill(-program.pid, 'SIGKILL'));
    rmSync(folder, { recursive: true, force: true });
  });

  /** In a shell of the checkout that has read demo.env, with the temporary folder in place of `.corral` and of the reader's files. */
  async function paste(line: string): Promise<Ran> {
    const here = line
      .replaceAll('.corral/', `${dataDir}/`)
      .replaceAll(/my-\S+|facts\.ndjson/g, (name) => join(folder, name));
    const ran = await run('sh', ['-c', `. ${dataDir}/demo.env; export CORRAL_URL CORRAL_API_KEY; ${here}`], {
      env: { CORRAL_DATA_DIR: dataDir },
    });
    return { ...ran, stderr: ran.stderr.replace(/^npm warn.*\n|^corral: building.*\n/gm, '') };
  }

  test('a heartbeat goes in, a vehicle comes out, the alerts flow', async () => {
    const [source, send, see, alerts] = commandsOf(blocksBelow('Run it')[1]!);
    expect((await paste(source!)).code).toBe(0);
    expect(JSON.parse((await paste(send!)).stdout)).toEqual({ accepted: 1, rejected: [] });
    await until('sim-001 is there', async () =>
      JSON.parse((await paste(see!)).stdout).id === 'sim-001' ? true : undefined,
    );
    expect((await paste(`timeout 20 ${alerts} | head -n 1`)).stdout).toMatch(/^(:|id:|event:|retry:)/);
  });

  test('a device gets a token of its own', async () => {
    const [made] = blocksBelow('A token for each device');
    expect(JSON.parse((await paste(made!)).stdout)).toMatchObject({
      vehicleId: 'bike-42',
      token: expect.stringMatching(/^crl_dev_/),
    });
  });

  test('zones, a replay, the status, and evaluate', async () => {
    const [online, offline, api] = blocksBelow('Your own zones and heartbeats');
    writeFileSync(join(folder, 'my-zones.geojson'), JSON.stringify(SWING_ZONES));
    const ride = swingingRide('my-bike', 1, 60, Date.now());
    writeFileSync(join(folder, 'my-heartbeats.ndjson'), ride.map((line) => JSON.stringify(line)).join('\n'));
    const [importing, replaying, asking] = commandsOf(online!);
    const imported = await paste(importing!);
    const replayed = await paste(replaying!);
    const status = await paste(asking!);
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringMatching(/^zone set \d+ published: 3 zones/) });
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^60 heartbeats accepted, 0 rejected/) });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('records behind') });

    expect(await paste(commandsOf(offline!)[0]!)).toMatchObject({ code: 0 });
    const facts = readFileSync(join(folder, 'facts.ndjson'), 'utf8').trim().split('\n');
    expect(facts.map((line) => JSON.parse(line).type)).toContain('geofence_event');

    expect(JSON.parse((await paste(commandsOf(api!)[0]!)).stdout).openapi).toMatch(/^3\.1/);
  });

  test('a webhook endpoint is made, with its secret', async () => {
    const [line] = commandsOf(blocksBelow('Tell another system')[0]!);
    expect(JSON.parse((await paste(line!)).stdout)).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
  });

  test('every command that is named explains itself', async () => {
    const named = /`npm exec corral -- --help`/.test(readFileSync(join(ROOT, 'README.md'), 'utf8'));
    expect(named).toBe(true);
    expect((await paste('npm exec corral -- --help')).stdout).toContain('Usage: corral');
  });
});
