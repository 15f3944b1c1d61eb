import { Closers } from './closers';
import { createMetrics } from './metrics';
import { startObservability, wantedSignals } from './observability';
import { readSampling } from './sampling';
import { recordingLogger, startOtlpReceiver, type OtlpReceiver } from './testing';
import { traceBatch } from './trace-batch';
import { readTraceparent } from './trace-parent';
import { tracer } from './tracer';

const OF_A_CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const NOT_SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

let receiver: OtlpReceiver;
let closers: Closers;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  closers = new Closers();
});
afterEach(async () => {
  await closers.close();
  await receiver.close();
});

async function observe(env: Record<string, string>) {
  const metrics = createMetrics();
  const { logger, lines } = recordingLogger();
  // The exporters read the environment of the process.
  Object.assign(process.env, env);
  try {
    await startObservability({ env, service: 'corral-test', logger, metrics, closers });
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
  return { metrics, logger, lines };
}

const otelFiles = () => Object.keys(require.cache).filter((file) => /@opentelemetry/.test(file));

test('nobody who asks for nothing gets a span, or loads OpenTelemetry', async () => {
  await observe({});
  const start = jest.fn();
  expect(tracer.enter('GET /', OF_A_CALLER, start)).toBeUndefined();
  expect(tracer.follow('send', OF_A_CALLER, start)).toBeUndefined();
  expect(tracer.notice('failure', start)).toBeUndefined();
  expect(traceBatch('process', [{ traceparent: OF_A_CALLER }], start).nothing).toBe(true);
  expect(start).not.toHaveBeenCalled();
  expect(otelFiles()).toEqual([]);
});

test('a span goes on with the trace of its caller, names its service, and is on the wire once closing is done', async () => {
  await observe({ ...receiver.env, OTEL_BSP_SCHEDULE_DELAY: '60000' });
  const span = tracer.enter('POST /v1/heartbeats', OF_A_CALLER, () => ({ kind: 'server', attributes: { items: 3 } }))!;
  span.set({ 'http.response.status_code': 503 });
  span.end('log_unavailable');
  span.end();
  expect(otelFiles()).not.toEqual([]);
  await closers.close();
  expect(receiver.spans()).toEqual([
    {
      service: 'corral-test',
      name: 'POST /v1/heartbeats',
      kind: 2,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: readTraceparent(span.traceparent)!.spanId,
      parentSpanId: 'b7ad6b7169203331',
      attributes: { items: 3, 'http.response.status_code': 503, 'error.type': 'log_unavailable' },
      links: [],
      failed: true,
    },
  ]);
});

test('a batch has one span in each of its traces, and one that is linked to all of them', async () => {
  await observe({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_on' });
  const one = tracer.enter('one', undefined, () => ({}))!;
  const other = tracer.enter('other', undefined, () => ({}))!;
  const batch = traceBatch('process', [one, {}, other, one, {}], () => ({ kind: 'consumer' }));
  expect(batch.traceparentFor(undefined)).toBeUndefined();
  const after = tracer.follow('alert', batch.traceparentFor(one.traceparent), () => ({}))!;
  for (const each of [after, batch, one, other]) each.end();
  await closers.close();
  const spans = receiver.spans();
  const [ofOne, ofOther] = [one, other].map(({ traceparent }) => readTraceparent(traceparent)!);
  expect(spans.filter(({ name }) => name === 'process').map(({ traceId }) => traceId)).toEqual([
    ofOne!.traceId,
    ofOther!.traceId,
  ]);
  expect(spans.find(({ name }) => name === 'process (batch)')!.links).toEqual(
    [ofOne, ofOther].map((each) => ({ traceId: each!.traceId, spanId: each!.spanId })),
  );
  expect(spans.find(({ name }) => name === 'alert')).toMatchObject({ traceId: ofOne!.traceId });
});

test('the thousands of a batch are followed up to a limit', async () => {
  await observe({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_on' });
  const traces = Array.from({ length: 500 }, (_, i) => ({
    traceparent: `00-${(i + 1).toString(16).padStart(32, '0')}-b7ad6b7169203331-01`,
  }));
  traceBatch('process', traces, () => ({})).end();
  await closers.close();
  expect(receiver.spans().filter(({ name }) => name === 'process')).toHaveLength(64);
});

test('what is seen whatever the sampling is seen a few times a second, not in a flood', async () => {
  await observe({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_off' });
  expect(tracer.enter('POST', undefined, () => ({}))).toBeUndefined();
  const seen = Array.from({ length: 1_000 }, () => tracer.notice('failure', () => ({}))).filter(Boolean);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThanOrEqual(20);
});

test('spans that do not fit are dropped and counted, as are those that nobody took', async () => {
  const { metrics } = await observe({
    ...receiver.env,
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    OTEL_BSP_MAX_QUEUE_SIZE: '3',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '3',
    OTEL_TRACES_SAMPLER: 'always_on',
  });
  for (let i = 0; i < 5; i++) tracer.enter('one', undefined, () => ({}))!.end();
  expect(metrics.render()).toContain('corral_spans_total{outcome="dropped"} 2');
  await closers.close();
  expect(metrics.render()).toContain('corral_spans_total{outcome="exported"} 3');
});

test('lines written while a traced request is at work name its trace', async () => {
  const { logger, lines } = await observe({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_on' });
  const span = tracer.enter('one', OF_A_CALLER, () => ({}))!;
  await tracer.within(span, async () => {
    await new Promise(setImmediate);
    logger.warn('inside');
  });
  logger.warn('outside');
  const { traceId, spanId } = readTraceparent(span.traceparent)!;
  expect(lines.find(({ msg }) => msg === 'inside')).toMatchObject({ trace_id: traceId, span_id: spanId });
  expect(lines.find(({ msg }) => msg === 'outside')).not.toHaveProperty('trace_id');
});

test('a collector that is not there fails nothing and holds up no stop', async () => {
  await receiver.close();
  const { metrics } = await observe({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_on' });
  tracer.enter('one', undefined, () => ({}))!.end();
  const began = performance.now();
  await closers.close();
  expect(performance.now() - began).toBeLessThan(4_500);
  expect(metrics.render()).toMatch(/corral_spans_total\{outcome="exported"\} 0/);
});

test('metrics are pushed as well when OTEL_METRICS_EXPORTER asks for it, the same as would be scraped', async () => {
  const { metrics } = await observe({
    ...receiver.env,
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRIC_EXPORT_INTERVAL: '60000',
  });
  metrics.counter('corral_ticks_total').inc(undefined, 7);
  const seconds = metrics.histogram('corral_log_append_seconds', [0.1, 1]);
  for (const value of [0.05, 5]) seconds.observe(value, { topic: 't' });
  await closers.close();
  expect(receiver.metrics().get('corral_ticks_total')).toMatchObject({
    sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 7 }] },
  });
  expect(receiver.metrics().get('corral_log_append_seconds')).toMatchObject({
    histogram: {
      dataPoints: [
        {
          count: 2,
          sum: 5.05,
          bucketCounts: [1, 0, 1],
          explicitBounds: [0.1, 1],
          attributes: [{ key: 'topic', value: { stringValue: 't' } }],
        },
      ],
    },
  });
});

test('the usual protocol is protobuf', async () => {
  await observe({ ...receiver.env, OTEL_EXPORTER_OTLP_PROTOCOL: '', OTEL_TRACES_SAMPLER: 'always_on' });
  tracer.enter('one', undefined, () => ({}))!.end();
  await closers.close();
  expect(receiver.requests()).toEqual(['/v1/traces application/x-protobuf']);
});

test('what the environment asks for is read in one place, and nonsense is refused in a sentence', () => {
  expect(wantedSignals({})).toEqual({ traces: false, metrics: false });
  expect(wantedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' })).toEqual({ traces: true, metrics: false });
  expect(wantedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' }).traces).toBe(false);
  expect(wantedSignals({ OTEL_METRICS_EXPORTER: 'otlp' })).toEqual({ traces: false, metrics: true });
  expect(() => wantedSignals({ OTEL_TRACES_EXPORTER: 'zipkin' })).toThrow(
    'OTEL_TRACES_EXPORTER must be one of otlp, none, not "zipkin"',
  );
  expect(() => readSampling({ OTEL_TRACES_SAMPLER: 'often' })).toThrow('OTEL_TRACES_SAMPLER must be one of always_on');
  expect(() => readSampling({ OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow('a share from 0 to 1, not "2"');
});

test.each<[string, Record<string, string>, string | undefined, number, boolean]>([
  ['one of a hundred by default', {}, undefined, 0.009, true],
  ['not the others', {}, undefined, 0.01, false],
  ['all that a caller traces', {}, OF_A_CALLER, 0.99, true],
  ['nothing that a caller does not', {}, NOT_SAMPLED, 0, false],
  ['a caller who says nonsense is as if he said nothing', {}, '00-nonsense', 0.5, false],
  ['a share, whatever callers say', { OTEL_TRACES_SAMPLER: 'traceidratio' }, OF_A_CALLER, 0.5, false],
  ['all', { OTEL_TRACES_SAMPLER: 'always_on' }, NOT_SAMPLED, 0.99, true],
  ['nothing', { OTEL_TRACES_SAMPLER: 'always_off' }, OF_A_CALLER, 0, false],
  ['a larger share', { OTEL_TRACES_SAMPLER_ARG: '0.5' }, undefined, 0.49, true],
])('sampled: %s', (_name, env, incoming, dice, sampled) => {
  expect(readSampling(env, () => dice)(incoming)).toBe(sampled);
});

test('a traceparent from outside is read strictly', () => {
  expect(readTraceparent(OF_A_CALLER)).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    sampled: true,
  });
  // A later version may say more; what we know of it holds.
  expect(readTraceparent(`cc${OF_A_CALLER.slice(2)}-what-the-future-holds`)?.sampled).toBe(true);
  for (const wrong of [
    undefined,
    '',
    `ff${OF_A_CALLER.slice(2)}`,
    `${OF_A_CALLER}-more`,
    OF_A_CALLER.toUpperCase(),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    OF_A_CALLER.slice(0, -1),
  ])
    expect([wrong, readTraceparent(wrong)]).toEqual([wrong, undefined]);
});
