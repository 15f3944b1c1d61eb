import { geofenceEvent, violation } from '@corral/contracts/http';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { aGeofenceEvent, aVehicleState, aViolation } from '../testing/rows';

let corral: GatewayUnderTest;
let key: string;
let fleetId: string;
beforeAll(async () => {
  corral = await startGateway();
  ({ key, fleetId } = await corral.aFleet());
  const { database } = corral;
  await aVehicleState(database, { fleetId, vehicleId: 'bike-1' });
  await aGeofenceEvent(database, { id: 'gfe_1', fleetId, at: NOW });
  await aGeofenceEvent(database, { id: 'gfe_2', fleetId, at: NOW, kind: 'exited' });
  await aGeofenceEvent(database, { id: 'gfe_3', fleetId, at: NOW + 1_000, zoneId: 'harbour', vehicleId: 'bike-2' });
  await aGeofenceEvent(database, { id: 'gfe_4', fleetId, at: NOW + 2_000, retracted: true });
  await aViolation(database, { id: 'vio_1', fleetId, openedAt: NOW });
  await aViolation(database, {
    id: 'vio_2',
    fleetId,
    openedAt: NOW + 1_000,
    status: 'closed',
    kind: 'outside_service_area',
    zoneId: null,
  });
  await aViolation(database, { id: 'vio_3', fleetId, openedAt: NOW + 2_000, retracted: true });
  const other = await corral.aFleet();
  await aGeofenceEvent(database, { id: 'gfe_of_another_fleet', fleetId: other.fleetId });
  await aViolation(database, { id: 'vio_of_another_fleet', fleetId: other.fleetId });
});
afterAll(() => corral?.stop());

const ids = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map((each) => each.id);

test('a geofence event says all of the contract, and nothing more', async () => {
  const { body } = await corral.ask('/v1/geofence-events', { key });
  for (const item of body.items) geofenceEvent.parse(item);
  expect(body.items.at(-1)).toEqual({
    id: 'gfe_1',
    revision: 1,
    retracted: false,
    kind: 'entered',
    vehicleId: 'bike-1',
    zoneId: 'centre',
    zoneSetVersion: 1,
    at: '2026-11-20T10:00:00.000Z',
    detectedAt: '2026-11-20T10:00:00.000Z',
    cause: 'moved',
    certainty: 'certain',
    late: false,
    position: [4.9, 52.3],
    distanceToEdgeM: 12.5,
    confidence: 1,
  });
});

test('a violation says all of the contract, and nothing more', async () => {
  const { body } = await corral.ask('/v1/violations', { key });
  for (const item of body.items) violation.parse(item);
  expect(body.items).toEqual([
    {
      id: 'vio_2',
      revision: 1,
      retracted: false,
      kind: 'outside_service_area',
      vehicleId: 'bike-1',
      zoneSetVersion: 1,
      rule: { name: 'maximumSpeedKph', from: 'global' },
      status: 'closed',
      openedAt: '2026-11-20T10:00:01.000Z',
      closedAt: '2026-11-20T10:00:01.000Z',
      detectedAt: '2026-11-20T10:00:01.000Z',
      observed: 21.5,
      limit: 12,
    },
    expect.objectContaining({
      id: 'vio_1',
      zoneId: 'centre',
      status: 'open',
      rule: { name: 'maximumSpeedKph', from: 'centre' },
    }),
  ]);
});

test.each([
  ['geofence-events', '', ['gfe_3', 'gfe_2', 'gfe_1']],
  ['geofence-events', 'includeRetracted=true', ['gfe_4', 'gfe_3', 'gfe_2', 'gfe_1']],
  ['geofence-events', 'vehicleId=bike-2', ['gfe_3']],
  ['geofence-events', 'zoneId=centre', ['gfe_2', 'gfe_1']],
  ['geofence-events', 'kind=entered', ['gfe_3', 'gfe_1']],
  ['geofence-events', 'kind=exited,crossed', ['gfe_2']],
  ['geofence-events', 'from=2026-11-20T10:00:01Z', ['gfe_3']],
  ['geofence-events', `to=${NOW}`, ['gfe_2', 'gfe_1']],
  ['vehicles/bike-1/geofence-events', '', ['gfe_2', 'gfe_1']],
  ['vehicles/bike-1/geofence-events', 'kind=entered&includeRetracted=true', ['gfe_4', 'gfe_1']],
  ['violations', '', ['vio_2', 'vio_1']],
  ['violations', 'includeRetracted=true', ['vio_3', 'vio_2', 'vio_1']],
  ['violations', 'status=open', ['vio_1']],
  ['violations', 'kind=outside_service_area', ['vio_2']],
  ['violations', 'kind=a_kind_to_come', []],
  ['violations', 'zoneId=centre&vehicleId=bike-1', ['vio_1']],
])('%s?%s are found, newest first', async (list, query, expected) => {
  expect(ids(await corral.ask(`/v1/${list}?${query}`, { key }))).toEqual(expected);
});

test('pages go on where they ended, also among events of one moment', async () => {
  const first = await corral.ask('/v1/geofence-events?limit=2', { key });
  expect(ids(first)).toEqual(['gfe_3', 'gfe_2']);
  // One that comes in between is newer, and not in between.
  await aGeofenceEvent(corral.database, { id: 'gfe_5', fleetId, at: NOW + 9_000 });
  const second = await corral.ask(`/v1/geofence-events?limit=2&cursor=${first.body.nextCursor}`, { key });
  expect(ids(second)).toEqual(['gfe_1']);
  expect(second.body.nextCursor).toBeNull();
  const foreign = await corral.ask(`/v1/violations?cursor=${first.body.nextCursor}`, { key });
  expect(foreign.body).toMatchObject({ status: 400, code: 'cursor_of_another_list' });
});
