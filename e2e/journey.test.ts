import type { Deployment } from './support/deployment';
import { startEmbedded } from './support/embedded';
import { kafkaSuite } from './support/kafka-suite';
import { startServices } from './support/services';
import { until } from './support/until';
import { startWebhookReceiver, type WebhookReceiver } from './support/webhook-receiver';

/** A service area of about two kilometres, and the rule that nobody rides outside of it. */
const ZONES = {
  type: 'FeatureCollection',
  global_rules: [{ ride_start_allowed: false, ride_end_allowed: false, ride_through_allowed: false }],
  features: [
    {
      type: 'Feature',
      id: 'city',
      properties: {
        name: 'City',
        rules: [{ ride_start_allowed: true, ride_end_allowed: true, ride_through_allowed: true }],
      },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [4.88, 52.36],
            [4.92, 52.36],
            [4.92, 52.38],
            [4.88, 52.38],
            [4.88, 52.36],
          ],
        ],
      },
    },
  ],
};
const INSIDE = { lat: 52.37, lng: 4.9 };
const OUTSIDE = { lat: 52.37, lng: 4.93 };

function describeJourney(name: string, start: () => Promise<Deployment>): void {
  describe(`one trip over the edge and back, ${name}`, () => {
    let corral: Deployment;
    let receiver: WebhookReceiver;
    const startedAt = Date.now() - 60_000;
    const heartbeat = (second: number, place: { lat: number; lng: number }) => ({
      vehicleId: 'bike-42',
      measuredAt: new Date(startedAt + second * 1_000).toISOString(),
      ...place,
      accuracyM: 5,
      state: 'on_trip',
      tripId: 'trip-7',
    });

    beforeAll(async () => {
      [corral, receiver] = await Promise.all([start(), startWebhookReceiver()]);
      console.info(corral.kind);
    }, 180_000);
    afterAll(async () => {
      await receiver?.close();
      await corral?.stop();
    }, 60_000);

    it('imports and publishes the zones', async () => {
      const imported = await corral.gateway.post('/v1/zone-sets?publish=true&profile=immediate', ZONES);
      expect(imported).toMatchObject({ status: 201, body: { version: 1, status: 'published', zones: 1, refused: [] } });
      const endpoint = await corral.gateway.post('/v1/webhook-endpoints', { url: receiver.url });
      expect(endpoint.status).toBe(201);
      receiver.useSecret(endpoint.body.secret);
    });

    it('opens a violation, an alert and a signed webhook when the bike leaves', async () => {
      const sent = await corral.ingestion.post('/v1/heartbeats', {
        heartbeats: [heartbeat(0, INSIDE), heartbeat(5, OUTSIDE)],
      });
      expect(sent).toMatchObject({ status: 202, body: { accepted: 2, rejected: [] } });
      const alert = await until(
        'an alert is open',
        async () => (await corral.gateway.get('/v1/alerts?status=open')).body.items[0],
      );
      expect(alert).toMatchObject({ kind: 'outside_service_area', vehicleId: 'bike-42', count: 1 });

      const { items } = (await corral.gateway.get('/v1/violations?vehicleId=bike-42')).body;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        id: alert.violationIds[0],
        kind: 'outside_service_area',
        status: 'open',
        openedAt: heartbeat(5, OUTSIDE).measuredAt,
        rule: { name: 'rideThroughAllowed', from: 'global' },
        tripId: 'trip-7',
      });
      expect(items[0].zoneId).toBeUndefined();

      const hit = await until('the webhook came', () => receiver.hits().find((one) => one.type === 'violation.opened'));
      expect(hit).toMatchObject({ verified: true, id: `${items[0].id}_r1`, data: { id: items[0].id } });
      const told = await until('the alert was told', () => receiver.hits().find((one) => one.type === 'alert.opened'));
      expect(told).toMatchObject({ verified: true, id: `${alert.id}_r1` });
      expect(receiver.hits().map((one) => one.type)).toEqual(
        expect.arrayContaining(['geofence_event.entered', 'geofence_event.exited']),
      );
    });

    it('resolves the alert when the bike returns, and has told nobody anything twice', async () => {
      expect((await corral.ingestion.post('/v1/heartbeats', heartbeat(10, INSIDE))).status).toBe(202);
      const resolved = await until(
        'the alert is resolved',
        async () => (await corral.gateway.get('/v1/alerts?status=resolved')).body.items[0],
      );
      expect(resolved).toMatchObject({ kind: 'outside_service_area', resolution: 'cleared' });
      await until('its webhook came', () => receiver.hits().find((one) => one.type === 'alert.resolved'));
      await until('the closing came', () => receiver.hits().find((one) => one.type === 'violation.closed'));
      const ids = receiver.hits().map((one) => one.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(receiver.hits().every((one) => one.verified)).toBe(true);
    });

    it('shows the bike where it is, and its track', async () => {
      const vehicle = await corral.gateway.get('/v1/vehicles/bike-42');
      expect(vehicle.body).toMatchObject({
        id: 'bike-42',
        state: 'on_trip',
        position: [INSIDE.lng, INSIDE.lat],
        zones: [{ zoneId: 'city' }],
      });
      const track = await until('the track is written', async () => {
        const items = await corral.gateway.all('/v1/vehicles/bike-42/telemetry');
        return items.length === 3 ? items : undefined;
      });
      expect(track.map((point) => point.measuredAt)).toEqual(
        [10, 5, 0].map((second) => heartbeat(second, INSIDE).measuredAt),
      );
    });
  });
}

describeJourney('embedded in one process', () => startEmbedded());
kafkaSuite('the five services', () =>
  describeJourney('as five processes over Kafka and PostgreSQL', () => startServices()),
);
