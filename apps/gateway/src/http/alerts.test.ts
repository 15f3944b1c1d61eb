import { alert, alertExplanation, alertHistoryEntry } from '@corral/contracts/http';
import { lockAlertsOf, writeAlerts, type AlertRow } from '@corral/database';
import { alertEpisodeKey } from '@corral/domain';
import { eventually } from '@corral/messaging/testing';
import { wakeSnoozed } from '../alerts/wake-snoozed';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { aGeofenceEvent, aViolation } from '../testing/rows';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

const ids = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map((each) => each.id);

let made = 0;
/** An alert as notification writes it. */
async function anAlert(fleetId: string, given: Partial<AlertRow> = {}): Promise<string> {
  const id = given.id ?? `alt_${++made}`;
  const about = { fleetId, kind: 'speeding' as const, vehicleId: `bike-${made}`, zoneId: 'centre', ...given };
  const episode = alertEpisodeKey(about as Parameters<typeof alertEpisodeKey>[0]);
  await writeAlerts(corral.database, [
    {
      id,
      revision: 1,
      severity: 'warning',
      status: 'open',
      title: 'bike-1 rides too fast',
      violationIds: [`vio_${id}`],
      violationRevisions: {},
      count: 1,
      openedAt: NOW,
      lastAt: NOW,
      ...(given.status === 'resolved' ? {} : { episode }),
      ...about,
    },
  ]);
  return id;
}

const act = (key: string, id: string, action: string, body?: object) =>
  corral.ask(`/v1/alerts/${id}/${action}`, { key, method: 'POST', ...(body && { body }) });

describe('looking', () => {
  test('an alert says all of the contract, and nothing more', async () => {
    const { fleetId, key } = await corral.aFleet();
    const id = await anAlert(fleetId, { vehicleId: 'bike-1' });
    const { body } = await corral.ask(`/v1/alerts/${id}`, { key });
    alert.parse(body);
    expect(body).toEqual({
      id,
      revision: 1,
      kind: 'speeding',
      severity: 'warning',
      status: 'open',
      title: 'bike-1 rides too fast',
      vehicleId: 'bike-1',
      zoneId: 'centre',
      violationIds: [`vio_${id}`],
      count: 1,
      openedAt: '2026-11-20T10:00:00.000Z',
      lastAt: '2026-11-20T10:00:00.000Z',
    });
    expect((await corral.ask('/v1/alerts/alt_nobody', { key })).body).toMatchObject({
      status: 404,
      code: 'alert_not_found',
    });
  });

  test('alerts are narrowed and paged like facts', async () => {
    const { fleetId, key } = await corral.aFleet();
    const a = await anAlert(fleetId, { openedAt: NOW, vehicleId: 'bike-a' });
    const b = await anAlert(fleetId, {
      openedAt: NOW + 1_000,
      vehicleId: 'bike-b',
      kind: 'silent',
      status: 'resolved',
      resolution: 'cleared',
    });
    const c = await anAlert(fleetId, { openedAt: NOW + 2_000, vehicleId: 'bike-c', zoneId: 'harbour' });
    const found = async (query: string) => ids(await corral.ask(`/v1/alerts?${query}`, { key }));
    expect(await found('')).toEqual([c, b, a]);
    expect(await found('status=open')).toEqual([c, a]);
    expect(await found('status=open,resolved&kind=silent')).toEqual([b]);
    expect(await found('vehicleId=bike-a')).toEqual([a]);
    expect(await found('zoneId=harbour')).toEqual([c]);
    expect(await found(`from=${NOW + 1_000}&to=${NOW + 1_500}`)).toEqual([b]);
    const page = await corral.ask('/v1/alerts?limit=2', { key });
    expect(ids(await corral.ask(`/v1/alerts?limit=2&cursor=${page.body.nextCursor}`, { key }))).toEqual([a]);
  });

  test('an alert is explained by its violations and what the vehicle did around them', async () => {
    const { fleetId, key } = await corral.aFleet();
    const id = await anAlert(fleetId, { vehicleId: 'bike-1', violationIds: ['vio_why'] });
    await aViolation(corral.database, { id: 'vio_why', fleetId });
    await aGeofenceEvent(corral.database, { id: 'gfe_before', fleetId, at: NOW - 60_000 });
    await aGeofenceEvent(corral.database, { id: 'gfe_long_before', fleetId, at: NOW - 3_600_000 });
    const { body } = await corral.ask(`/v1/alerts/${id}/explain`, { key });
    alertExplanation.parse(body);
    expect(body.violations).toMatchObject([
      { id: 'vio_why', rule: { name: 'maximumSpeedKph', from: 'centre' }, observed: 21.5, limit: 12 },
    ]);
    expect(body.geofenceEvents.map((each: { id: string }) => each.id)).toEqual(['gfe_before']);
  });
});

describe('acting', () => {
  test('an alert is acknowledged, assigned, snoozed, commented on, resolved and reopened, and its history tells it', async () => {
    const { fleetId, key, keyId } = await corral.aFleet();
    const id = await anAlert(fleetId);
    expect((await act(key, id, 'acknowledge')).body).toMatchObject({ status: 'acknowledged', revision: 2 });
    expect((await act(key, id, 'acknowledge')).body).toMatchObject({ status: 'acknowledged', revision: 2 });
    expect((await act(key, id, 'assign', { assigneeId: 'ada' })).body).toMatchObject({
      assigneeId: 'ada',
      revision: 3,
    });
    const until = new Date(NOW + 3_600_000).toISOString();
    expect((await act(key, id, 'snooze', { until })).body).toMatchObject({ status: 'snoozed', revision: 4 });
    expect((await act(key, id, 'unsnooze')).body).toMatchObject({ status: 'open', revision: 5 });
    expect((await act(key, id, 'comment', { text: 'Called the rider.\nHe slows down.' })).body).toMatchObject({
      revision: 5,
    });
    const resolved = await act(key, id, 'resolve', { note: 'done' });
    alert.parse(resolved.body);
    expect(resolved.body).toMatchObject({
      status: 'resolved',
      resolution: 'manual',
      resolvedAt: '2026-11-20T10:00:00.000Z',
      revision: 6,
    });
    expect((await act(key, id, 'resolve')).body).toMatchObject({ revision: 6 });
    const reopened = await act(key, id, 'reopen');
    expect(reopened.body).toMatchObject({ status: 'open', revision: 7 });
    expect(reopened.body).not.toHaveProperty('resolution');
    expect(reopened.body).not.toHaveProperty('resolvedAt');
    expect((await act(key, id, 'assign', { assigneeId: null })).body).not.toHaveProperty('assigneeId');

    const history = await corral.ask(`/v1/alerts/${id}/history`, { key });
    for (const entry of history.body.items) alertHistoryEntry.parse(entry);
    const told = history.body.items
      .map((each: { action: string; revision: number }) => `${each.action} ${each.revision}`)
      .sort();
    expect(told).toEqual(
      [
        'acknowledged 2',
        'assigned 3',
        'snoozed 4',
        'unsnoozed 5',
        'commented 5',
        'resolved 6',
        'reopened 7',
        'assigned 8',
      ].sort(),
    );
    expect(history.body.items).toContainEqual(
      expect.objectContaining({ action: 'resolved', actor: `key:${keyId}`, detail: { note: 'done' } }),
    );
  });

  test('a snoozed alert is open again when its time is over, and everybody is told once', async () => {
    const { fleetId, key } = await corral.aFleet();
    const id = await anAlert(fleetId);
    await act(key, id, 'snooze', { until: NOW + 60_000 });
    const later = { database: corral.database, clock: () => NOW + 60_000 };
    expect(await wakeSnoozed({ ...later, clock: () => NOW + 59_999 })).toBe(0);
    expect((await Promise.all([wakeSnoozed(later), wakeSnoozed(later)])).sort()).toEqual([0, 1]);
    expect((await corral.ask(`/v1/alerts/${id}`, { key })).body).toMatchObject({ status: 'open', revision: 3 });
    const { body: history } = await corral.ask(`/v1/alerts/${id}/history`, { key });
    expect(history.items[0]).toMatchObject({
      action: 'unsnoozed',
      actor: 'system',
      detail: { reason: 'snooze_ended' },
    });
  });

  test.each([
    ['acknowledge', {}, 409, 'alert_resolved'],
    ['unsnooze', {}, 409, 'alert_resolved'],
    ['assign', { assigneeId: 'ada' }, 409, 'alert_resolved'],
  ])('%s of a resolved alert is refused', async (action, body, status, code) => {
    const { fleetId, key } = await corral.aFleet();
    const id = await anAlert(fleetId, { status: 'resolved', resolution: 'cleared' });
    expect((await act(key, id, action, body)).body).toMatchObject({ status, code });
  });

  test.each([
    ['snooze', { until: NOW - 1 }, 422, 'until'],
    ['snooze', {}, 422, 'until'],
    ['assign', {}, 422, 'assigneeId'],
    ['comment', { text: '' }, 422, 'text'],
    ['resolve', { because: 'so' }, 422, 'because'],
  ])('%s with %j is refused at its field', async (action, body, status, field) => {
    const { fleetId, key } = await corral.aFleet();
    expect((await act(key, await anAlert(fleetId), action, body)).body).toMatchObject({ status, field });
  });

  test('an alert whose episode went on in another one cannot be reopened', async () => {
    const { fleetId, key } = await corral.aFleet();
    const first = await anAlert(fleetId, { vehicleId: 'bike-1' });
    await act(key, first, 'resolve');
    await anAlert(fleetId, { vehicleId: 'bike-1' });
    expect((await act(key, first, 'reopen')).body).toMatchObject({ status: 409, code: 'episode_open' });
  });

  test('an alert is not reopened past the successor that notification is opening at that moment', async () => {
    const { fleetId, key } = await corral.aFleet();
    const first = await anAlert(fleetId, { vehicleId: 'bike-1' });
    await act(key, first, 'resolve');
    const episode = alertEpisodeKey({ fleetId, kind: 'speeding', vehicleId: 'bike-1', zoneId: 'centre' } as never);
    let reopening: ReturnType<typeof act> | undefined;
    await corral.database.transaction(async (tx) => {
      expect(await lockAlertsOf(tx, { episodes: [episode], violationIds: [] })).toEqual([]);
      reopening = act(key, first, 'reopen');
      await eventually('the other waits', async () => {
        const { rows } = await corral.database.query('SELECT 1 FROM pg_locks WHERE NOT granted');
        return rows.length > 0;
      });
      await tx.query(
        `INSERT INTO alert (id, revision, fleet_id, kind, severity, status, title, violation_ids, opened_at, last_at, episode)
         VALUES ('alt_successor', 1, $1, 'speeding', 'warning', 'open', 'Again', '{vio_again}', now(), now(), $2)`,
        [fleetId, episode],
      );
    });
    expect((await reopening)?.body).toMatchObject({ status: 409, code: 'episode_open' });
  });

  test('what a person did is planned for the webhooks that want it, and told on the live stream', async () => {
    const { fleetId, key } = await corral.aFleet();
    await corral.ask('/v1/webhook-endpoints', {
      key,
      body: { url: 'http://127.0.0.1:9/hook', types: ['alert.resolved'] },
    });
    const id = await anAlert(fleetId);
    await act(key, id, 'acknowledge');
    await act(key, id, 'resolve');
    const { rows } = await corral.database.query<{ webhook_id: string; type: string; body: string }>(
      'SELECT webhook_id, type, body FROM delivery WHERE fleet_id = $1',
      [fleetId],
    );
    expect(rows).toMatchObject([{ webhook_id: `${id}_r3`, type: 'alert.resolved' }]);
    const body = JSON.parse(rows[0]!.body) as { data: unknown };
    expect(body).toMatchObject({
      type: 'alert.resolved',
      timestamp: '2026-11-20T10:00:00.000Z',
      data: { id, resolution: 'manual' },
    });
    alert.parse(body.data);
    const outbox = await corral.database.query<{ seq: number; type: string }>(
      `SELECT seq, type FROM outbox WHERE consumer = 'gateway' AND fleet_id = $1 ORDER BY seq`,
      [fleetId],
    );
    expect(outbox.rows.map((row) => row.type)).toEqual(['alert.updated', 'alert.resolved']);
    expect(outbox.rows[1]!.seq).toBe(outbox.rows[0]!.seq + 1);
  });

  test('many people acting at once on one alert each raise its revision by one', async () => {
    const { fleetId, key } = await corral.aFleet();
    const id = await anAlert(fleetId);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => act(key, id, 'assign', { assigneeId: `person-${i}` })),
    );
    expect(answers.map((each) => each.body.revision).sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('one action on many alerts says what became of each', async () => {
    const { fleetId, key } = await corral.aFleet();
    const open = await anAlert(fleetId);
    const done = await anAlert(fleetId, { status: 'resolved', resolution: 'cleared' });
    const bulk = (body: object) => corral.ask('/v1/alerts/bulk', { key, body });
    expect((await bulk({ ids: [open, done, 'alt_nobody'], action: 'acknowledge' })).body).toEqual({
      changed: [open],
      unchanged: [],
      refused: [
        { id: done, code: 'alert_resolved', detail: expect.any(String) },
        { id: 'alt_nobody', code: 'alert_not_found', detail: expect.any(String) },
      ],
    });
    expect((await bulk({ filter: { status: 'acknowledged' }, action: 'resolve' })).body).toMatchObject({
      changed: [open],
      refused: [],
    });
    expect((await bulk({ action: 'resolve' })).body).toMatchObject({ status: 422, field: 'ids' });
    expect((await bulk({ ids: [open], action: 'snooze' })).body).toMatchObject({ status: 422, field: 'until' });
  });

  test("another fleet's alert is not there", async () => {
    const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
    const id = await anAlert(mine.fleetId);
    for (const path of ['', '/history', '/explain'])
      expect((await corral.ask(`/v1/alerts/${id}${path}`, { key: other.key })).status).toBe(404);
    for (const action of ['acknowledge', 'resolve', 'reopen', 'unsnooze'])
      expect((await act(other.key, id, action)).status).toBe(404);
    expect((await act(other.key, id, 'comment', { text: 'hello' })).status).toBe(404);
    expect((await corral.ask(`/v1/alerts/${id}`, { key: mine.key })).body.revision).toBe(1);
  });
});
