import { decodeHeartbeatRecord, HEARTBEATS_TOPIC } from '@corral/contracts';
import { createMemoryEventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { createMetrics } from '@corral/runtime';
import { recordingLogger, silentLogger } from '@corral/runtime/testing';
import { startTicks } from './ticks';

test('every partition gets a tick that says when it was written, at once and then again', async () => {
  const log = createMemoryEventLog();
  let now = 1_800_000_000_000;
  const stop = startTicks({ log, clock: () => now++, logger: silentLogger, metrics: createMetrics(), everyMs: 5 });
  const { signal } = new AbortController();
  await eventually('each has two', async () =>
    (await log.bounds(HEARTBEATS_TOPIC, signal)).every(({ end }) => end >= 2),
  );
  await stop();
  for (let partition = 0; partition < log.partitions; partition++) {
    const ticks: unknown[] = [];
    for await (const { value, key, timestamp } of log.read(HEARTBEATS_TOPIC, partition, 0, signal)) {
      expect([key, decodeHeartbeatRecord(value)]).toEqual([null, { kind: 'tick', receivedAt: timestamp }]);
      ticks.push(timestamp);
    }
    expect(ticks.slice(0, 2)).toEqual([1_800_000_000_000, 1_800_000_000_001]);
  }
});

test('while the log is away one warning is enough, and ticks go on afterwards', async () => {
  const log = createMemoryEventLog();
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  log.failAppends(new Error('away'));
  let asked = 0;
  const watched = {
    partitions: log.partitions,
    append: (...given: Parameters<typeof log.append>) => (asked++, log.append(...given)),
  };
  const stop = startTicks({ log: watched, clock: () => 1, logger, metrics, everyMs: 2 });
  await eventually('it tried again and again', () => asked > 5);
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  log.failAppends(undefined);
  await eventually('ticks are written', () => !metrics.render().includes('corral_ticks_total 0'));
  await stop();
});
