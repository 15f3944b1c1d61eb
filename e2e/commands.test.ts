import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from './support/api';
import type { Deployment } from './support/deployment';
import { startEmbedded } from './support/embedded';
import { factsOfEvaluate, factsOfServer } from './support/facts';
import { run, type Ran, type RunOptions } from './support/run';
import { ROOT } from './support/program';
import { SWING_ZONES, swingingRide } from './support/track-crossing';
import { until } from './support/until';

let corral: Deployment;
const folder = mkdtempSync(join(tmpdir(), 'corral-commands-'));
beforeAll(async () => {
  corral = await startEmbedded();
}, 120_000);
afterAll(async () => {
  await corral?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `corral …` as a person runs it, against the Corral of this file. */
async function command(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const env = { ...corral.cli, CORRAL_DATA_DIR: join(folder, 'nothing'), ...options.env };
  const ran = await run(process.execPath, [join(ROOT, 'apps/corral/bin/corral.cjs'), ...args], { ...options, env });
  // The launcher may find that somebody works on the sources just now.
  return { ...ran, stderr: ran.stderr.replace(/^corral: building.*\n/m, '') };
}

/** The same, and it has to end well; what it printed as JSON. */
async function json(args: readonly string[], options: RunOptions = {}): Promise<any> {
  const { code, stdout, stderr } = await command([...args, '--json'], options);
  if (code !== 0) throw new Error(`corral ${args.join(' ')} exited with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

function file(name: string, content: string | object | readonly object[]): string {
  const path = join(folder, name);
  const text = Array.isArray(content) ? content.map((line) => JSON.stringify(line)).join('\n') : content;
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
  return path;
}

describe('help and usage', () => {
  const commands = [
    [],
    ...['up', 'migrate', 'doctor', 'status', 'replay', 'evaluate', 'simulate', 'settings'].map((name) => [name]),
    ['zones'],
    ['zones', 'import'],
    ['zones', 'export'],
    ['keys'],
    ['keys', 'create'],
  ];
  test('each command explains itself', async () => {
    await Promise.all(
      commands.map(async (words) => {
        const { code, stdout, stderr } = await command([...words, '--help']);
        expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
        expect(stdout).toContain(`Usage: ${['corral', ...words].join(' ')}`);
        const isGroup = words.length === 0 || ['zones', 'keys'].includes(words.join(' '));
        if (!isGroup) expect(stdout).toContain('--json');
      }),
    );
  });

  test.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['up', '--nonsense'], "unknown option '--nonsense'"],
    [['up', '--port', '99999'], 'It must be a port number from 0 to 65535.'],
    [['zones', 'import'], "missing required argument 'file'"],
    [['zones', 'export', '--format', 'kml'], 'Allowed choices are geojson, gbfs3, gbfs2.'],
    [['evaluate'], "required option '--zones <file>' not specified"],
    [['replay', 'x', '--speed', '-1'], 'It must be a number above 0, or max.'],
    [['keys', 'create'], "required option '--scope <scope...>' not specified"],
    [['zones'], 'Usage: corral zones'],
  ])('%j is a mistake of usage', async (args, says) => {
    const { code, stdout, stderr } = await command(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});

describe('without a server', () => {
  test.each([
    ['status'],
    ['zones', 'export'],
    ['keys', 'create', '--scope', 'admin'],
    ['simulate', '--for', '1'],
    ['replay', file('one.ndjson', '{"vehicleId":"bike-1"}')],
  ])('corral %s %s says so in one sentence', async (...words) => {
    const env = { CORRAL_URL: 'http://127.0.0.1:9', CORRAL_API_KEY: 'a-key' };
    const { code, stdout, stderr } = await command(
      words.filter((word) => word !== undefined),
      { env },
    );
    const nobody = 'No Corral answers at http://127.0.0.1:9. Start one with npm start, or set CORRAL_URL.';
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `${nobody}\n` });
  });

  test('and without any settings it asks for them', async () => {
    const { code, stderr } = await command(['status'], { env: { CORRAL_URL: '', CORRAL_API_KEY: '' } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Where is Corral, and who are you? Set CORRAL_URL and CORRAL_API_KEY, or run this where ${join(folder, 'nothing/cli.json')} is (an embedded Corral writes it).\n`,
    );
  });

  test('a key that the server does not know is its sentence', async () => {
    const { code, stderr } = await command(['status'], { env: { CORRAL_API_KEY: 'somebody-else' } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^GET \/v1\/status: .* \[401 \w+\]\n$/);
  });
});

// First, because the first zones that a fleet publishes are in force since ever, as those of `corral evaluate` are.
describe('replay and evaluate', () => {
  const startsAt = Date.now() - 600_000;
  const ride = swingingRide('rider-1', 1, 120, startsAt);

  test('a replayed ride gives the facts that evaluate gives, and a bad line is named by number and code', async () => {
    await json(['zones', 'import', file('swing.json', SWING_ZONES), '--publish']);
    const lines = ride.map((heartbeat) => JSON.stringify(heartbeat));
    lines.splice(10, 0, JSON.stringify({ ...ride[0], lat: 91 }), 'not JSON');
    const path = file('ride.ndjson', lines.join('\n'));
    const { code, stdout, stderr } = await command(['replay', path, '--speed', 'max', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ lines: 122, accepted: 120, rejected: 2, stopped: false });
    expect(code).toBe(1);
    expect(stderr.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(/ride\.ndjson:11: latitude_out_of_range: /),
      expect.stringMatching(/ride\.ndjson:12: not_json: the line is not JSON/),
    ]);

    const decided = factsOfEvaluate(SWING_ZONES, ride);
    expect(decided.length).toBeGreaterThan(20);
    const facts = await until('all is decided', async () => {
      const found = await factsOfServer(corral.gateway);
      return found.length >= decided.length ? found : undefined;
    });
    expect(facts).toEqual(decided);
  });

  test('a recording can happen now: moved, paced, and from standard input', async () => {
    const old = swingingRide('rider-2', 2, 31, Date.parse('2019-05-01T08:00:00Z'));
    const input = old.map((heartbeat) => JSON.stringify(heartbeat)).join('\n');
    const before = Date.now();
    const paced = await json(['replay', '-', '--speed', '20', '--shift-to-now'], { input });
    expect(paced).toMatchObject({ accepted: 31, rejected: 0 });
    expect(paced.seconds).toBeGreaterThanOrEqual(1.4);
    expect(paced.seconds).toBeLessThan(10);

    // At full speed it ends now: nothing is ahead of the clock.
    await json([
      'replay',
      file('old.ndjson', input.replaceAll('rider-2', 'rider-3')),
      '--speed',
      'max',
      '--shift-to-now',
    ]);
    const track = await until('the track is there', async () => {
      const { status, body } = await corral.gateway.get(`/v1/vehicles/rider-3/telemetry?from=${before - 60_000}`);
      return status === 200 && body.items.length === 31 ? body.items : undefined;
    });
    const times = track.map((point: any) => Date.parse(point.measuredAt));
    expect(Math.max(...times) - Math.min(...times)).toBe(30_000);
    expect(Math.max(...times)).toBeGreaterThan(before);
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now());
    expect((await command(['replay', '-', '--speed', 'max', '--shift-to-now'])).code).toBe(1);
  });

  async function evaluate(lines: readonly (object | string)[], ...options: string[]): Promise<Ran & { facts: any[] }> {
    const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const ran = await command(['evaluate', '--zones', file('swing.json', SWING_ZONES), ...options], { input });
    const facts = ran.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return { ...ran, facts };
  }

  test('evaluate names a bad line and goes on; --strict makes it a failure', async () => {
    const lines = [ride[0]!, 'not JSON', { vehicleId: 'rider-1', lat: 1, lng: 2 }, ...ride.slice(1)];
    const lenient = await evaluate(lines);
    expect(lenient.code).toBe(0);
    expect(lenient.stderr).toMatch(
      /^line 2: not_json: .+\nline 3: measured_at_missing: .+\n122 lines, 2 bad, \d+ facts(, \d+ teleport)? in [\d.]+ s, [\d.]+ s of CPU\n$/,
    );
    const strict = await evaluate(lines, '--strict');
    expect({ code: strict.code, facts: strict.facts }).toEqual({ code: 1, facts: lenient.facts });
    expect((await evaluate(ride, '--strict')).code).toBe(0);
  });

  test('a ride in order needs no retraction, has no detectedAt, and every geofence event once', async () => {
    const { facts } = await evaluate(ride);
    expect(facts.every((fact) => fact.retracted === false && !('detectedAt' in fact))).toBe(true);
    const events = facts.filter((fact) => fact.type === 'geofence_event');
    expect(new Set(events.map((fact) => fact.id)).size).toBe(events.length);
    expect(new Set(facts.map((fact) => fact.type))).toEqual(new Set(['geofence_event', 'violation']));
  });

  test('another fleet has other ids', async () => {
    const [ours, theirs] = await Promise.all([evaluate(ride), evaluate(ride, '--fleet', 'other')]);
    expect(theirs.facts.map((fact) => fact.kind)).toEqual(ours.facts.map((fact) => fact.kind));
    expect(theirs.facts.some((fact) => ours.facts.some((one) => one.id === fact.id))).toBe(false);
  });

  test('a line’s receivedAt counts: a device whose clock is ten minutes ahead is decided at its receipt', async () => {
    const fix = { vehicleId: 'ahead', lat: 52.37, lng: 4.9, state: 'on_trip', tripId: 't' };
    const { facts } = await evaluate([
      { ...fix, measuredAt: '2026-11-20T10:10:00.000Z', receivedAt: '2026-11-20T10:00:00.000Z' },
    ]);
    expect(facts.length).toBeGreaterThan(0);
    expect(facts.map((fact) => fact.at ?? fact.openedAt)).toEqual(facts.map(() => '2026-11-20T10:00:00.000Z'));
    const bad = await evaluate([{ ...fix, measuredAt: '2026-11-20T10:10:00.000Z', receivedAt: 'noon' }]);
    expect(bad.stderr).toContain('line 1: received_at_invalid: ');
  });

  test('state reports count: a trip that ends where none may is a violation, without a position in the report', async () => {
    const at = (second: number) => new Date(startsAt + second * 1_000).toISOString();
    const { facts } = await evaluate([
      { vehicleId: 'parker', measuredAt: at(0), lat: 52.37, lng: 4.91, state: 'on_trip', tripId: 't' },
      { vehicleId: 'parker', measuredAt: at(5), state: 'available' },
    ]);
    expect(facts).toContainEqual(
      expect.objectContaining({ type: 'violation', kind: 'ride_end_not_allowed', openedAt: at(5) }),
    );
  });

  test('with --confirm confirmed one fix beyond an edge is no exit, and three are one', async () => {
    const ridden = (second: number, lng: number) => ({
      vehicleId: 'bike-1',
      measuredAt: new Date(startsAt + second * 1_000).toISOString(),
      lat: 52.37,
      lng,
    });
    const standing = Array.from({ length: 12 }, (_, i) => ridden(5 * i, 4.9148 + (i % 3) * 1e-5));
    const stray = [...standing, ridden(60, 4.9207), ridden(65, 4.91481)];
    const left = [...standing, ridden(60, 4.9155), ridden(65, 4.916), ridden(70, 4.9165), ridden(75, 4.917)];
    const exits = async (lines: readonly object[], ...flags: string[]) =>
      (await evaluate(lines, ...flags)).facts.filter((fact) => fact.kind === 'exited');
    expect(await exits(stray, '--confirm', 'immediate')).toHaveLength(1);
    expect(await exits(stray, '--confirm', 'confirmed')).toEqual([]);
    expect(await exits(left, '--confirm', 'confirmed')).toMatchObject([
      { zoneId: 'wide', cause: 'moved', certainty: 'certain', confidence: expect.any(Number) },
    ]);
    expect(await exits(left)).toHaveLength(1);
    expect((await evaluate([], '--lateness', 'soon')).stderr).toBe('--lateness soon: give a duration such as 120s\n');
  });

  test('a reader that has seen enough is no failure', async () => {
    const zones = file('swing.json', SWING_ZONES);
    const path = file('long.ndjson', swingingRide('rider-1', 1, 5_000, startsAt));
    const ran = await run('bash', [
      '-c',
      `${process.execPath} apps/corral/bin/corral.cjs evaluate --zones ${zones} < ${path} | head -n 1`,
    ]);
    expect(ran.code).toBe(0);
    expect(ran.stderr).not.toMatch(/EPIPE|at .*\.cjs/);
  });
});

describe('zones', () => {
  const coordinates = [
    [
      [4.9, 52.36],
      [4.912345678901234, 52.36],
      [4.91, 52.380000000000003],
      [4.9, 52.36],
    ],
  ];
  const zones = {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        properties: { code: 'dam', name: 'Dam', rules: [{ ride_through_allowed: false }], colour: 'red' },
        geometry: { type: 'Polygon', coordinates },
      },
      { type: 'Feature', properties: { code: 'nowhere', name: 'Nowhere' }, geometry: null },
    ],
  };

  test('go in and come out as they were, and what is refused is named', async () => {
    const path = file('zones.geojson', zones);
    const { code, stdout, stderr } = await command(['zones', 'import', path, '--id-property', 'code', '--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^feature 1 "Nowhere": geometry_missing at features\/1\/geometry: .+\n$/);
    const draft = JSON.parse(stdout);
    expect(draft).toMatchObject({ status: 'draft', zones: 1, refused: [{ index: 1, code: 'geometry_missing' }] });

    const published = await json(['zones', 'import', path, '--id-property', 'code', '--publish']);
    expect(published).toMatchObject({ status: 'published', zones: 1 });
    const prose = await command(['zones', 'import', path, '--publish']);
    expect(prose.stdout).toMatch(/^zone set \d+ published: 1 zones, 1 refused\n$/);

    const [byName, current] = await Promise.all([
      command(['zones', 'export', '--zone-set', String(published.version)]),
      command(['zones', 'export']),
    ]);
    const exported = JSON.parse(byName.stdout);
    expect(exported.features[0].geometry.coordinates).toEqual(coordinates);
    expect(exported.features[0].properties).toMatchObject({ name: 'Dam', colour: 'red' });
    expect(JSON.parse(current.stdout).features[0].geometry).toEqual(exported.features[0].geometry);
  });

  test.each([
    ['gbfs3', (document: any) => document.data.geofencing_zones.features],
    ['gbfs2', (document: any) => document.data.geofencing_zones.features],
  ] as const)('come out as %s too, which can be imported again', async (format, featuresOf) => {
    await json(['zones', 'import', file('zones.geojson', zones), '--publish']);
    const out = await command(['zones', 'export', '--format', format]);
    expect({ code: out.code, stderr: out.stderr }).toEqual({ code: 0, stderr: '' });
    const [feature] = featuresOf(JSON.parse(out.stdout));
    expect(feature.geometry.coordinates.flat(feature.geometry.type === 'MultiPolygon' ? 1 : 0)).toEqual(coordinates);
    const again = await json(['zones', 'import', file(`again.${format}.json`, out.stdout)]);
    expect(again).toMatchObject({ zones: 1, refused: [] });
  });

  test.each([
    ['no file', 'missing.json', undefined, /missing\.json cannot be read: ENOENT\n$/],
    ['no JSON', 'not.json', 'latitude,longitude', /not\.json is not JSON\n$/],
    ['no zones', 'empty.json', '{"type":"FeatureCollection","features":[]}', /^import zones: .+\[422 \w+\]\n$/m],
  ])('%s is one sentence and exit 1', async (_, name, content, sentence) => {
    if (content !== undefined) file(name, content);
    const { code, stderr } = await command(['zones', 'import', join(folder, name)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  test('npm exec corral -- zones export works too', async () => {
    const { code, stdout } = await run('npm', ['exec', '--', 'corral', 'zones', 'export', '--format', 'geojson'], {
      env: corral.cli,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).type).toBe('FeatureCollection');
  });
});

describe('a simulated fleet', () => {
  test('rides until told to stop, with what devices do wrong', async () => {
    const faults = ['--faults', 'duplicates,late,bad,silent'];
    const args = ['simulate', '--vehicles', '100', '--rate', '200', '--seed', '7', '--for', '3', ...faults];
    const total = await json(args);
    expect(total.sent).toBeGreaterThan(200);
    expect(total.rejected).toBeGreaterThan(0);
    expect(total.accepted + total.rejected).toBe(total.sent);
    const wrong = await command(['simulate', '--faults', 'gremlins']);
    expect(wrong).toMatchObject({ code: 1, stderr: '--faults gremlins: give one of duplicates, late, bad, silent\n' });
  });
});

describe('keys', () => {
  test('a made key does what its scopes allow, and nothing else', async () => {
    const plain = await command(['keys', 'create', '--scope', 'heartbeats:write', '--name', 'a tracker']);
    expect(plain.stderr).toBe('scopes: heartbeats:write; the key is shown only now\n');
    const key = plain.stdout.trim();
    expect(key).toMatch(/^crl_key_\S+$/);
    const tracker = createApi(corral.cli.CORRAL_URL!, key);
    const heartbeat = { vehicleId: 'tracked', measuredAt: new Date().toISOString(), lat: 52.37, lng: 4.9 };
    expect(await tracker.post('/v1/heartbeats', heartbeat)).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect((await tracker.get('/v1/alerts')).status).toBe(403);
    expect((await command(['status'], { env: { CORRAL_API_KEY: key } })).code).toBe(1);

    expect(await json(['keys', 'create', '--scope', 'zones:read,alerts:read'])).toMatchObject({
      key: expect.stringMatching(/^crl_key_/),
      scopes: ['zones:read', 'alerts:read'],
    });
    const refused = await command(['keys', 'create', '--scope', 'everything']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^POST \/v1\/api-keys: .*\[\d{3} \w+\]\n$/);
  });
});

describe('status and doctor', () => {
  test('status says how far behind each consumer is', async () => {
    const answer = await json(['status']);
    expect(new Set(answer.partitions.map((one: any) => one.consumer)).size).toBeGreaterThanOrEqual(3);
    const { stdout } = await command(['status']);
    expect(stdout).toMatch(/^geofence +4 partitions, \d+ records behind/m);
    expect(stdout).toMatch(/^dead letters: /m);
  });

  test('doctor finds this Corral well, and names what is wrong where something is', async () => {
    const well = await json(['doctor']);
    expect(well).toMatchObject({ healthy: true });
    expect(well.findings).toContainEqual({ what: corral.cli.CORRAL_URL, level: 'ok', says: 'answers' });
    const ill = await command(['doctor'], { env: { DATABASE_URL: 'postgres://corral:hunter2@127.0.0.1:9/corral' } });
    expect(ill.code).toBe(1);
    expect(ill.stdout).toMatch(/^wrong +PostgreSQL: cannot reach PostgreSQL, check DATABASE_URL: /m);
    expect(ill.stdout + ill.stderr).not.toContain('hunter2');
  });
});
