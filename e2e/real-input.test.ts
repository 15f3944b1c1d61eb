import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from './support/deployment';
import { startEmbedded } from './support/embedded';
import { factsOfEvaluate, factsOfServer } from './support/facts';
import { zonesByJsts } from './support/jsts-judge';
import { bareEnvironment, ROOT } from './support/program';
import { samplesSuite } from './support/samples';
import { until } from './support/until';
import { startWebhookReceiver, type WebhookReceiver } from './support/webhook-receiver';

/** Drawn by us around two places that the recorded people often pass. */
const BEIJING = {
  type: 'FeatureCollection',
  quiet: { profile: 'immediate' },
  global_rules: [{ ride_through_allowed: false }],
  features: [
    feature('campus', [
      [116.31, 39.97],
      [116.33, 39.97],
      [116.33, 40.0],
      [116.31, 40.0],
      [116.31, 39.97],
    ]),
    feature('quarter', [
      [116.338, 39.926],
      [116.36, 39.926],
      [116.36, 39.94],
      [116.338, 39.94],
      [116.338, 39.926],
    ]),
  ],
};

function feature(id: string, ring: number[][]) {
  return {
    type: 'Feature',
    id,
    properties: { name: id, rules: [{ ride_through_allowed: true }] },
    geometry: { type: 'Polygon', coordinates: [ring] },
  };
}

samplesSuite('one operator’s real feed (Almere)', (sample) => {
  let corral: Deployment;
  const feed = () => JSON.parse(readFileSync(sample('almere/geofencing_zones.json'), 'utf8'));
  const mopeds: { vehicle_id: string; lat: number; lon: number }[] = [];
  beforeAll(async () => {
    mopeds.push(...JSON.parse(readFileSync(sample('almere/vehicle_status.json'), 'utf8')).data.vehicles);
    corral = await startEmbedded();
  }, 120_000);
  afterAll(() => corral?.stop());

  it('stores fourteen zones and names the two it refuses', async () => {
    const imported = await corral.gateway.post('/v1/zone-sets?publish=true', feed());
    expect(imported).toMatchObject({ status: 201, body: { zones: 14, status: 'published' } });
    expect(imported.body.refused).toMatchObject([
      { index: 6, name: 'Nobelhorst', code: 'geometry_missing', path: 'features/6/geometry' },
      { index: 7, name: 'Almere Muziekwijk hubs', code: 'geometry_missing', path: 'features/7/geometry' },
    ]);
  });

  it('puts each moped into the zones that JSTS finds, by lookup and by heartbeat', async () => {
    expect(mopeds).toHaveLength(6);
    const points = mopeds.map((moped) => [moped.lon, moped.lat] as const);
    const judged = points.map((point) => zonesByJsts(feed().data.geofencing_zones.features, point));
    expect(judged.flat().length).toBeGreaterThan(0);

    const lookup = await corral.gateway.post('/v1/zone-lookup', { points });
    expect(lookup.body.results.map((result: any) => result.zones.map((zone: any) => zone.index))).toEqual(judged);

    const measuredAt = new Date().toISOString();
    const heartbeats = mopeds.map((moped) => ({
      vehicleId: moped.vehicle_id,
      measuredAt,
      lat: moped.lat,
      lng: moped.lon,
    }));
    expect((await corral.ingestion.post('/v1/heartbeats', { heartbeats })).body).toEqual({ accepted: 6, rejected: [] });
    for (const [i, moped] of mopeds.entries()) {
      const vehicle = await until('the moped is known', async () => {
        const answer = await corral.gateway.get(`/v1/vehicles/${moped.vehicle_id}`);
        return answer.status === 200 && answer.body.position !== undefined ? answer.body : undefined;
      });
      const indices = vehicle.zones.map((zone: any) => Number(zone.zoneId.replace('zone-', '')));
      expect(indices.sort((a: number, b: number) => a - b)).toEqual(judged[i]);
    }
  });

  it('finds no moped in any zone with latitude and longitude swapped', async () => {
    const swapped = mopeds.map((moped) => [moped.lat, moped.lon]);
    const lookup = await corral.gateway.post('/v1/zone-lookup', { points: swapped });
    expect(lookup.body.results.map((result: any) => result.zones)).toEqual(mopeds.map(() => []));
  });
});

samplesSuite('two recorded people (GeoLife)', (sample) => {
  let corral: Deployment;
  let receiver: WebhookReceiver;
  const files = () => ['geolife/000.ndjson', 'geolife/002.ndjson'].map(sample);
  const lines = () =>
    files().flatMap((file) =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  beforeAll(async () => {
    [corral, receiver] = await Promise.all([
      startEmbedded({ env: { CORRAL_MAX_HEARTBEAT_AGE: 'P30Y' } }),
      startWebhookReceiver(),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'corral-zones-'));
    writeFileSync(join(folder, 'beijing.json'), JSON.stringify(BEIJING));
    const imported = cli(['zones', 'import', join(folder, 'beijing.json'), '--publish', '--json']);
    rmSync(folder, { recursive: true });
    expect(JSON.parse(imported)).toMatchObject({ zones: 2, status: 'published' });
    receiver.useSecret((await corral.gateway.post('/v1/webhook-endpoints', { url: receiver.url })).body.secret);
  }, 120_000);
  afterAll(async () => {
    await receiver?.close();
    await corral?.stop();
  });

  function cli(args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'apps/corral/bin/corral.cjs'), ...args],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { ...bareEnvironment(), ...corral.cli },
      },
    );
    if (status !== 0) throw new Error(`corral ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  it('decides over a replay what corral evaluate decides over the files', async () => {
    const replayed = JSON.parse(cli(['replay', ...files(), '--speed', 'max', '--json']));
    expect(replayed).toMatchObject({ lines: lines().length, accepted: lines().length, rejected: 0 });
    console.info(`${replayed.accepted} heartbeats replayed in ${replayed.seconds} s`);

    const decided = factsOfEvaluate(BEIJING, lines());
    const facts = await until(
      'all is decided',
      async () => {
        const found = await factsOfServer(corral.gateway);
        return found.length >= decided.length ? found : undefined;
      },
      { withinMs: 60_000, everyMs: 500 },
    );
    expect(facts).toEqual(decided);
    const count = (kind: string) => facts.filter((fact) => fact.includes(` ${kind} `)).length;
    console.info(`${facts.length} facts: ${count('entered')} entered, ${count('exited')} exited`);
    expect(count('entered')).toBeGreaterThanOrEqual(20);
    expect(count('exited')).toBeGreaterThanOrEqual(20);
  }, 120_000);

  it('changes nothing and tells nobody when the same is replayed again', async () => {
    const before = await factsOfServer(corral.gateway);
    // Every opening and closing was told, so the queue is empty when as many hits came.
    const expected = await until('the webhooks have come', () => stableCount(() => receiver.hits().length), {
      withinMs: 60_000,
    });
    cli(['replay', ...files(), '--speed', 'max']);
    await corral.ingestion.post('/v1/heartbeats', {
      vehicleId: 'marker',
      measuredAt: new Date().toISOString(),
      state: 'available',
    });
    await until('the replay has been read', async () =>
      (await corral.gateway.get('/v1/vehicles/marker')).status === 200 ? true : undefined,
    );
    await until('nothing is behind', async () => {
      const { body } = await corral.gateway.get('/v1/status');
      return body.partitions.every((partition: any) => partition.lag === 0) ? true : undefined;
    });
    expect(await factsOfServer(corral.gateway)).toEqual(before);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(receiver.hits()).toHaveLength(expected);
    expect(receiver.hits().every((hit) => hit.verified)).toBe(true);
  }, 120_000);
});

/** The count, once it has not changed for two seconds. */
async function stableCount(count: () => number): Promise<number | undefined> {
  const first = count();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return first > 0 && count() === first ? first : undefined;
}
