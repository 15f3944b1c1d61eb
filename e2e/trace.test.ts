import { METRIC_NAMES } from '@corral/runtime';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@corral/runtime/testing';
import type { Deployment } from './support/deployment';
import { startEmbedded } from './support/embedded';
import { kafkaSuite } from './support/kafka-suite';
import { startServices, type ServicesDeployment } from './support/services';
import { until } from './support/until';
import { startWebhookReceiver, type WebhookReceiver } from './support/webhook-receiver';

/** Nobody may ride in it. */
const NO_RIDE = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: 'park',
      properties: { name: 'Park', rules: [{ ride_through_allowed: false }] },
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
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

type Start = (env: Record<string, string>) => Promise<Deployment>;

function describeTrace(name: string, start: Start, services: Record<'in' | 'decide' | 'tell', string>): void {
  describe(`one trace from a heartbeat to the webhook about it, ${name}`, () => {
    let collector: OtlpReceiver;
    let receiver: WebhookReceiver;
    let corral: Deployment;
    const measuredAt = new Date().toISOString();
    const send = (vehicleId: string, headers: Record<string, string>) =>
      corral.ingestion.send(
        'POST',
        '/v1/heartbeats',
        { vehicleId, measuredAt, lat: 52.37, lng: 4.9, accuracyM: 5, state: 'on_trip', tripId: 'trip-1' },
        headers,
      );
    const ofTrace = (id: string) => collector.spans().filter(({ traceId }) => traceId === id);

    beforeAll(async () => {
      [collector, receiver] = await Promise.all([startOtlpReceiver(), startWebhookReceiver()]);
      corral = await start({ ...collector.env, OTEL_TRACES_SAMPLER_ARG: '0' });
      expect((await corral.gateway.post('/v1/zone-sets?publish=true&profile=immediate', NO_RIDE)).status).toBe(201);
      const endpoint = await corral.gateway.post('/v1/webhook-endpoints', { url: receiver.url });
      receiver.useSecret(endpoint.body.secret);
    }, 240_000);
    afterAll(async () => {
      await corral?.stop();
      await receiver?.close();
      await collector?.close();
    }, 60_000);

    it('holds the POST, the append, the evaluation, the alert and the delivery, each under the one before', async () => {
      expect((await send('bike-1', { traceparent: CALLER })).status).toBe(202);
      const hit = await until('the alert is told', () => receiver.hits().find(({ type }) => type === 'alert.opened'));
      expect(hit.verified).toBe(true);

      const find = (wanted: string, of: Partial<Record<string, unknown>> = {}) =>
        ofTrace(TRACE_ID).find(
          ({ name, attributes }) => name === wanted && Object.entries(of).every(([key, is]) => attributes[key] === is),
        );
      const delivered = await until(
        'the delivery of the alert is on the collector',
        () =>
          ofTrace(TRACE_ID).find(
            ({ name, spanId }) => name === 'POST webhook' && hit.traceparent === `00-${TRACE_ID}-${spanId}-01`,
          ),
        { onTimeout: () => collector.spans() },
      );
      const chain = [
        [services.in, find('POST /v1/heartbeats')],
        [services.in, find('send corral.heartbeats.v1')],
        [services.decide, find('process corral.heartbeats.v1', { 'messaging.consumer.group.name': 'geofence' })],
        [services.decide, find('send corral.events.v1')],
        [services.tell, undefined],
      ] as [string, ReceivedSpan | undefined][];
      // Of the facts of one fix, that which opened the alert has the delivery; its `process` and `send` are those above it.
      const alert = find('alert opened')!;
      const processed = ofTrace(TRACE_ID).find(({ spanId }) => spanId === alert.parentSpanId)!;
      chain[4] = [services.tell, processed];
      chain.push([services.tell, alert], [services.tell, delivered]);
      expect(chain.map(([, span]) => span?.name)).toEqual([
        'POST /v1/heartbeats',
        'send corral.heartbeats.v1',
        'process corral.heartbeats.v1',
        'send corral.events.v1',
        'process corral.events.v1',
        'alert opened',
        'POST webhook',
      ]);
      expect(chain[0]![1]!.parentSpanId).toBe('00f067aa0ba902b7');
      chain.reduce((above, below) => {
        expect([below[1]!.name, below[1]!.parentSpanId]).toEqual([below[1]!.name, above[1]!.spanId]);
        return below;
      });
      expect(chain.map(([, span]) => span!.service)).toEqual(chain.map(([service]) => service));
      expect(chain.every(([, span]) => !span!.failed)).toBe(true);
      // Nobody's whereabouts leave with a trace.
      expect(JSON.stringify(ofTrace(TRACE_ID))).not.toMatch(/52\.37|4\.9[^0-9]|bike-1/);
    });

    it('of a request that nobody traces there is nothing, but its alert is traced from there on', async () => {
      const before = collector.spans().length;
      expect((await send('bike-2', {})).status).toBe(202);
      const hit = await until('the second alert is told', () =>
        receiver.hits().find(({ type, data }) => type === 'alert.opened' && data.vehicleId === 'bike-2'),
      );
      const traceId = hit.traceparent!.slice(3, 35);
      await until('its delivery is on the collector', () =>
        ofTrace(traceId).some(({ name }) => name === 'POST webhook') ? true : undefined,
      );
      expect(
        collector
          .spans()
          .slice(before)
          .filter(({ name }) => name === 'POST /v1/heartbeats'),
      ).toEqual([]);
      expect(ofTrace(traceId).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['alert opened', 'POST webhook']),
      );
    });

    it('leads from the slowest alerts to their traces, in the metrics', async () => {
      const text = await metricsOf(corral);
      // Of two alerts as slow as each other the later one is the example.
      const example = /^corral_alert_latency_seconds_bucket\{.*\} \d+ # \{trace_id="([0-9a-f]{32})"/m.exec(text);
      expect(ofTrace(example![1]!).map(({ name }) => name)).toContain('alert opened');
      expect(text).toMatch(/^corral_spans_total\{outcome="exported"\} [1-9]/m);
    });
  });
}

/** What every process of a deployment says about itself, in OpenMetrics. */
async function metricsOf(corral: Deployment): Promise<string> {
  const apis =
    corral.kind === 'embedded'
      ? [corral.gateway]
      : [...corral.programs().keys()].map((service) => (corral as ServicesDeployment).management(service));
  const answers = await Promise.all(
    apis.map((api) => api.send('GET', '/metrics', undefined, { accept: 'application/openmetrics-text;version=1.0.0' })),
  );
  return answers.map(({ body }) => body).join('\n');
}

describeTrace('embedded', (env) => startEmbedded({ env }), { in: 'corral', decide: 'corral', tell: 'corral' });

describe('the catalogue of metrics', () => {
  it('names what a Corral exports, all of it and nothing else', async () => {
    const corral = await startEmbedded();
    try {
      const { body } = await corral.gateway.get('/metrics');
      const exported = [...String(body).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);
      // Made once something asks for traces: there are no spans without.
      expect([...exported, 'corral_spans_total'].sort()).toEqual([...METRIC_NAMES].sort());
    } finally {
      await corral.stop();
    }
  }, 120_000);
});

kafkaSuite('over Kafka', () => {
  describeTrace('five services over Kafka', (env) => startServices({ env }), {
    in: 'corral-ingestion',
    decide: 'corral-geofence',
    tell: 'corral-notification',
  });
});
