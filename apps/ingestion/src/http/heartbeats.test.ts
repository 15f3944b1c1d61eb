import { HEARTBEATS_TOPIC } from '@corral/contracts';
import { unpackRecords, type AppendRecord } from '@corral/messaging';
import {
  aHeartbeat,
  DEVICE_TOKENS,
  NOW,
  READ_KEY,
  startIngestion,
  type IngestionUnderTest,
} from '../testing/ingestion-under-test';

const running: IngestionUnderTest[] = [];
async function start(given: Parameters<typeof startIngestion>[0] = {}): Promise<IngestionUnderTest> {
  const ingestion = await startIngestion(given);
  running.push(ingestion);
  return ingestion;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((ingestion) => ingestion.stop()));
});

describe('what a device sends is kept', () => {
  test('a whole heartbeat becomes one report, stamped with fleet, receipt and order, without what nobody knows', async () => {
    const ingestion = await start();
    const sent = {
      ...aHeartbeat(),
      accuracyM: 8,
      speedMps: 4.2,
      headingDeg: 270,
      altitudeM: 2,
      batteryPercent: 87,
      state: 'on_trip',
      tripId: 'trip-1',
      bootId: 'boot-1',
      sequence: 123,
    };
    const { status, body } = await ingestion.post({ ...sent, riderName: 'nobody should see this', fleetId: 'another' });
    expect([status, body]).toEqual([202, { accepted: 1, rejected: [] }]);
    const measuredAt = Date.parse('2026-11-20T09:59:55.000Z');
    expect(await ingestion.reports()).toEqual([
      { ...sent, measuredAt, fleetId: 'default', receivedAt: NOW, at: measuredAt, source: 'device', flags: [] },
    ]);
  });

  test('the items of one request are kept in order of their time, repeated ones in the order they came', async () => {
    const ingestion = await start();
    const at = (second: number, over = {}) => aHeartbeat({ measuredAt: NOW - 60_000 + second * 1000, ...over });
    const { body } = await ingestion.post({
      heartbeats: [at(3), at(1), at(2, { lat: 1 }), at(2, { lat: 2 }), at(2, { lat: 2 })],
    });
    expect(body).toEqual({ accepted: 5, rejected: [] });
    expect((await ingestion.reports()).map(({ at, lat }) => [(at - NOW + 60_000) / 1000, lat])).toEqual([
      [1, 52.3676],
      [2, 1],
      [2, 2],
      [2, 2],
      [3, 52.3676],
    ]);
  });

  test('a buffer of a fast clock is shifted as a whole, and counted; its identity stays', async () => {
    const ingestion = await start();
    await ingestion.post({
      heartbeats: [aHeartbeat({ measuredAt: NOW + 3_600_000 }), aHeartbeat({ measuredAt: NOW + 3_590_000 })],
    });
    expect((await ingestion.reports()).map(({ at, measuredAt, flags }) => [at - NOW, measuredAt - NOW, flags])).toEqual(
      [
        [-10_000, 3_590_000, ['clock_future']],
        [0, 3_600_000, ['clock_future']],
      ],
    );
    expect(ingestion.metrics.render()).toContain('corral_clock_shifted_total 2');
  });

  test("one vehicle's fast clock does not shift another vehicle of the same request", async () => {
    const ingestion = await start();
    await ingestion.post({
      heartbeats: [aHeartbeat(), aHeartbeat({ vehicleId: 'fast', measuredAt: NOW + 3_600_000 })],
    });
    const reports = await ingestion.reports();
    expect(reports.map(({ vehicleId, at, flags }) => [vehicleId, at - NOW, flags]).sort()).toEqual([
      ['bike-42', -5_000, []],
      ['fast', 0, ['clock_future']],
    ]);
  });

  test('1,000 heartbeats are one request and one append', async () => {
    const appends: number[] = [];
    const ingestion = await start({
      append: async (_topic, records) => void appends.push(unpackRecords(records).length),
    });
    const { body } = await ingestion.post({
      heartbeats: Array.from({ length: 1000 }, (_, i) => aHeartbeat({ vehicleId: `bike-${i}` })),
    });
    expect(body).toEqual({ accepted: 1000, rejected: [] });
    expect(appends).toEqual([1000]);
    expect(ingestion.metrics.render()).toContain('corral_heartbeats_accepted_total 1000');
  });

  test('a record is keyed by fleet and vehicle and timed by its receipt', async () => {
    let appended: { topic: string; records: readonly AppendRecord[] } | undefined;
    const ingestion = await start({
      append: async (topic, records) => void (appended = { topic, records: unpackRecords(records) }),
    });
    await ingestion.post(aHeartbeat());
    expect(appended).toMatchObject({ topic: HEARTBEATS_TOPIC, records: [{ key: 'default/bike-42', timestamp: NOW }] });
  });
});

describe('202 comes only after the log said durable', () => {
  test('while the append is pending there is no answer', async () => {
    let durable: () => void = () => undefined;
    const appended = new Promise<void>((resolve) => (durable = resolve));
    let asked: () => void = () => undefined;
    const append = new Promise<void>((resolve) => (asked = resolve));
    const ingestion = await start({
      append: () => {
        asked();
        return appended;
      },
    });
    let answered = false;
    const answer = ingestion.post(aHeartbeat()).finally(() => (answered = true));
    await append;
    // Another whole request over the same loop: had the first been answered, we would have read it by now.
    expect((await ingestion.post('no json')).status).toBe(400);
    expect(answered).toBe(false);
    durable();
    expect((await answer).status).toBe(202);
  });

  test('a failed append is answered 503 with Retry-After, and nothing counts as accepted', async () => {
    const ingestion = await start();
    ingestion.log.failAppends(new Error('connect to broker-1.internal:9092'));
    const { status, headers, body } = await ingestion.post(aHeartbeat());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'log_unavailable', '8']);
    expect(JSON.stringify(body)).not.toContain('broker-1');
    expect(ingestion.metrics.render()).toContain('corral_heartbeats_accepted_total 0');
    ingestion.log.failAppends(undefined);
    expect((await ingestion.post(aHeartbeat())).status).toBe(202);
  });

  test('an append that fails although the log looked well is answered 503', async () => {
    const ingestion = await start({ append: () => Promise.reject(new Error('the reply was lost')) });
    expect((await ingestion.post(aHeartbeat())).body.code).toBe('log_unavailable');
  });

  test('those turned away together do not come back together: Retry-After is spread over 1 to 15 s', async () => {
    let turn = 0;
    const ingestion = await start({ ports: { random: () => (turn++ % 150) / 150 } });
    ingestion.log.failAppends(new Error('away'));
    const waits = new Map<string | null, number>();
    for (let i = 0; i < 150; i++) {
      const wait = (await ingestion.post(aHeartbeat())).headers.get('retry-after');
      waits.set(wait, (waits.get(wait) ?? 0) + 1);
    }
    expect([...waits.keys()].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(Math.max(...waits.values())).toBe(10);
  });
});

describe('what does not fit is turned away at once', () => {
  test('beyond the cap of items in flight: 503, and room again once the first is answered', async () => {
    let durable: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (durable = resolve));
    const ingestion = await start({ append: () => first, ports: { inFlightLimits: { items: 2, bytes: 1e9 } } });
    const pending = ingestion.post({ heartbeats: [aHeartbeat(), aHeartbeat()] });
    while (!ingestion.metrics.render().includes('corral_ingestion_inflight_items 2')) await new Promise(setImmediate);
    const { status, headers, body } = await ingestion.post(aHeartbeat());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'overloaded', '8']);
    durable();
    expect((await pending).status).toBe(202);
    expect((await ingestion.post(aHeartbeat())).status).toBe(202);
    expect(ingestion.metrics.render()).toMatch(
      /corral_ingestion_inflight_items 0\n[^]*corral_ingestion_inflight_bytes 0\n/,
    );
  });

  test('beyond the cap of bytes in flight: 503 before the body is read', async () => {
    const ingestion = await start({ ports: { inFlightLimits: { items: 1e9, bytes: 100 } } });
    expect((await ingestion.post(aHeartbeat({ tripId: 'x'.repeat(100) }))).body.code).toBe('overloaded');
  });

  test('beyond the rate of the fleet: 429 with the time after which it fits', async () => {
    let now = NOW;
    const ingestion = await start({ config: { fleetItemsPerSecond: 1 }, ports: { clock: () => now } });
    const heartbeats = (count: number) => ({ heartbeats: Array.from({ length: count }, () => aHeartbeat()) });
    expect((await ingestion.post(heartbeats(590))).status).toBe(202);
    const { status, headers, body } = await ingestion.post(heartbeats(30));
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'fleet_limit_exceeded', '20']);
    now += 20_000;
    expect((await ingestion.post(heartbeats(30))).status).toBe(202);
  });

  test('a process that is closing says 503', async () => {
    const ingestion = await start();
    ingestion.closing();
    const { status, headers, body } = await ingestion.post(aHeartbeat());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'stopping', '8']);
  });
});

describe('who are you', () => {
  test.each([
    ['nobody', '', 401, 'unauthenticated', 'Bearer realm="corral"'],
    ['somebody with a password', 'Basic Zm9vOmJhcg==', 401, 'unauthenticated', 'Bearer realm="corral"'],
    [
      'an unknown key',
      'Bearer crl_key_unknown',
      401,
      'unauthenticated',
      'Bearer realm="corral", error="invalid_token"',
    ],
    [
      'a key that may only read',
      `Bearer ${READ_KEY}`,
      403,
      'scope_missing',
      'Bearer realm="corral", error="insufficient_scope", scope="heartbeats:write"',
    ],
  ])('%s is turned away', async (_who, authorization, status, code, challenge) => {
    const ingestion = await start();
    const answer = await ingestion.post(aHeartbeat(), { authorization });
    expect([answer.status, answer.body.code, answer.headers.get('www-authenticate')]).toEqual([
      status,
      code,
      challenge,
    ]);
    expect(await ingestion.reports()).toEqual([]);
  });

  test('without any snapshot: 503, never 401, whatever the key', async () => {
    const ingestion = await start({ directoryAway: true });
    const known = await ingestion.post(aHeartbeat());
    const unknown = await ingestion.post(aHeartbeat(), { authorization: 'Bearer crl_key_unknown' });
    expect([known.status, known.body.code, unknown.status]).toEqual([503, 'directory_unavailable', 503]);
  });

  test('the scheme of the header may be written in any case', async () => {
    const ingestion = await start();
    expect(
      (await ingestion.post(aHeartbeat(), { authorization: 'bearer  crl_key_test_of-the-default-fleet ' })).status,
    ).toBe(202);
  });
});

describe('a device with a token of its own', () => {
  const BIKE = { fleetId: 'default', vehicleId: 'bike-42', number: 1 };
  const as = (over: Partial<typeof BIKE> = {}) => ({
    authorization: `Bearer ${DEVICE_TOKENS.issue({ ...BIKE, ...over })}`,
  });
  const { vehicleId: _credential, ...unnamed } = aHeartbeat();

  test('need not say whose its heartbeats are', async () => {
    const ingestion = await start();
    const { status, body } = await ingestion.post({ heartbeats: [unnamed, aHeartbeat({ lat: 1 })] }, as());
    expect([status, body]).toEqual([202, { accepted: 2, rejected: [] }]);
    const reports = await ingestion.reports();
    expect(reports.map(({ fleetId, vehicleId, lat }) => [fleetId, vehicleId, lat])).toEqual([
      ['default', 'bike-42', unnamed['lat']],
      ['default', 'bike-42', 1],
    ]);
  });

  test('speaks for no other vehicle: that is refused by item, and sinks no neighbour', async () => {
    const ingestion = await start();
    const { status, body } = await ingestion.post({ heartbeats: [aHeartbeat({ vehicleId: 'bike-7' }), unnamed] }, as());
    expect([status, body]).toEqual([
      202,
      {
        accepted: 1,
        rejected: [
          {
            index: 0,
            code: 'vehicle_id_not_yours',
            field: 'vehicleId',
            value: 'bike-7',
            detail: expect.stringContaining('another vehicle'),
          },
        ],
      },
    ]);
    const alone = await ingestion.post(aHeartbeat({ vehicleId: 'bike-7' }), as());
    expect([alone.status, alone.body.code, alone.body.value]).toEqual([400, 'vehicle_id_not_yours', 'bike-7']);
    expect((await ingestion.reports()).map(({ vehicleId }) => vehicleId)).toEqual(['bike-42']);
  });

  test('reports to the fleet of its token', async () => {
    const ingestion = await start();
    expect((await ingestion.post(unnamed, as({ fleetId: 'amsterdam' }))).status).toBe(202);
    expect((await ingestion.reports()).map(({ fleetId }) => fleetId)).toEqual(['amsterdam']);
  });

  test.each<[string, (token: string) => string]>([
    ['whose mac is altered', (token) => token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A')],
    ['cut short', (token) => token.slice(0, -1)],
    [
      'of another fleet with the mac of this one',
      (token) => token.replace(/^crl_dev_[^.]+/, `crl_dev_${Buffer.from('amsterdam').toString('base64url')}`),
    ],
    [
      'of another vehicle with the mac of this one',
      (token) => token.replace(/\.[^.]+/, `.${Buffer.from('bike-7').toString('base64url')}`),
    ],
  ])('a token %s is turned away', async (_how, forge) => {
    const ingestion = await start();
    const token = DEVICE_TOKENS.issue(BIKE);
    const { status, headers, body } = await ingestion.post(unnamed, { authorization: `Bearer ${forge(token)}` });
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([
      401,
      'unauthenticated',
      'Bearer realm="corral", error="invalid_token"',
    ]);
    expect(await ingestion.reports()).toEqual([]);
  });

  test('is turned away once its token is revoked, the vehicle’s next token is not', async () => {
    const ingestion = await start({ denied: [{ ...BIKE, from: NOW }] });
    expect((await ingestion.post(unnamed, as())).status).toBe(401);
    expect((await ingestion.post(unnamed, as({ number: 2 }))).status).toBe(202);
  });

  test('without any snapshot: 503, never 401', async () => {
    const ingestion = await start({ directoryAway: true });
    const { status, headers, body } = await ingestion.post(unnamed, as());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'directory_unavailable', '8']);
  });

  test('beyond 120 requests at once and 2 a second: 429 for that device, nobody else', async () => {
    let now = NOW;
    const ingestion = await start({ ports: { clock: () => now } });
    for (let i = 0; i < 120; i++) expect((await ingestion.post(unnamed, as())).status).toBe(202);
    const { status, headers, body } = await ingestion.post(unnamed, as());
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'device_limit_exceeded', '1']);
    expect((await ingestion.post(unnamed, as({ vehicleId: 'bike-7' }))).status).toBe(202);
    expect((await ingestion.post(aHeartbeat())).status).toBe(202);
    now += 1_000;
    const later = [];
    for (let i = 0; i < 3; i++) later.push((await ingestion.post(unnamed, as())).status);
    expect(later).toEqual([202, 202, 429]);
    expect(ingestion.metrics.render()).toContain(
      'corral_ingestion_requests_total{status="429",code="device_limit_exceeded"} 2',
    );
  });

  test('a second token of the vehicle does not double what it may send', async () => {
    const ingestion = await start();
    for (let i = 0; i < 120; i++) await ingestion.post(unnamed, as({ number: 1 + (i % 2) }));
    for (const number of [1, 2]) expect((await ingestion.post(unnamed, as({ number }))).status).toBe(429);
  });
});

describe('readiness', () => {
  test('ready is a directory and a log that can be reached; live asks neither', async () => {
    const ingestion = await start({ directoryAway: true });
    expect(JSON.parse(ingestion.health.answer('/readyz')!.body)).toMatchObject({
      checks: { directory: expect.stringContaining('no directory snapshot'), log: 'ok' },
    });
    ingestion.log.failAppends(new Error('away'));
    expect(JSON.parse(ingestion.health.answer('/readyz')!.body)).toMatchObject({
      checks: { log: 'the event log cannot be reached' },
    });
    expect(ingestion.health.answer('/livez')!.status).toBe(200);
    const well = await start();
    expect(well.health.isReady()).toBe(true);
  });
});
