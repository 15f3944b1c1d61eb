import type { NdjsonLine } from './ndjson';
import { createPace, newestMoment, replayLines } from './replay';
import { MAX_BATCH, type HeartbeatSender } from './send-heartbeats';

const START = Date.parse('2019-05-01T08:00:00Z');
const NOW = Date.parse('2026-11-20T10:00:00Z');
const at = (second: number) => ({ vehicleId: 'bike-1', measuredAt: new Date(START + second * 1_000).toISOString() });
const measuredAt = (heartbeat: unknown) => (heartbeat as { measuredAt: string }).measuredAt;

async function* linesOf(...values: unknown[]): AsyncGenerator<NdjsonLine> {
  for (const [i, value] of values.entries())
    yield value === 'not JSON' ? { number: i + 1, kind: 'not_json' } : { number: i + 1, kind: 'value', value };
}

describe('the pace of a replay', () => {
  test.each([
    [1, 30_000],
    [10, 3_000],
  ])('at speed %d what happened 30 s later is due after %d ms, and keeps its time', (speed, after) => {
    const pace = createPace({ speed }, NOW);
    expect(pace(at(0))).toEqual({ heartbeat: at(0), dueAt: NOW });
    expect(pace(at(30))).toEqual({ heartbeat: at(30), dueAt: NOW + after });
  });

  test('at full speed everything is due at once', () => {
    expect(createPace({ speed: Infinity }, NOW)(at(30)).dueAt).toBe(0);
  });

  test('shifted to now, a line happens when it is sent', () => {
    const pace = createPace({ speed: 10, shift: { startsAt: NOW } }, NOW);
    pace(at(0));
    const { heartbeat, dueAt } = pace(at(30));
    expect(Date.parse(measuredAt(heartbeat))).toBe(NOW + 3_000);
    expect(dueAt).toBe(NOW + 3_000);
  });

  test('shifted to now at full speed, the newest line is now and the spacing stays', () => {
    const pace = createPace({ speed: Infinity, shift: { endsAt: NOW, newest: START + 30_000 } }, NOW);
    const times = [at(0), at(30), at(12)].map((line) => Date.parse(measuredAt(pace(line).heartbeat)) - NOW);
    expect(times).toEqual([-30_000, 0, -18_000]);
  });

  test.each([[{}], [null], [{ measuredAt: 'noon' }], [{ measuredAt: 5 }], ['text']])(
    '%j, which has no time, is sent as it is: the server names what is wrong with it',
    (value) =>
      expect(createPace({ speed: 1, shift: { startsAt: NOW } }, NOW)(value)).toEqual({ heartbeat: value, dueAt: 0 }),
  );
});

test('the newest moment of a recording is not always its last', async () => {
  expect(await newestMoment(linesOf(at(0), at(30), 'not JSON', { measuredAt: START + 40_000 }, at(10)))).toBe(
    START + 40_000,
  );
  expect(await newestMoment(linesOf())).toBeUndefined();
});

describe('a replay', () => {
  function aSender(rejects: (heartbeat: any) => boolean = () => false) {
    const batches: unknown[][] = [];
    const sender: HeartbeatSender = {
      async send(heartbeats) {
        batches.push([...heartbeats]);
        const rejected = heartbeats.flatMap((one, index) => (rejects(one) ? [{ index, code: 'null_island' }] : []));
        return { accepted: heartbeats.length - rejected.length, rejected, resends: 0 };
      },
    };
    return { sender, batches };
  }
  const told: string[] = [];
  const hooks = {
    refuse: (line: number, code: string) => void told.push(`${line} ${code}`),
    progress: () => undefined,
  };
  beforeEach(() => void told.splice(0));

  test('sends in the order of the lines, full batches first, and names refused lines by their number', async () => {
    const { sender, batches } = aSender((heartbeat) => heartbeat.bad);
    const values = Array.from({ length: MAX_BATCH + 2 }, (_, i) => at(i));
    const lines = linesOf(values[0], 'not JSON', ...values.slice(1, -1), { ...values.at(-1), bad: true });
    const summary = await replayLines(sender, lines, { speed: Infinity }, hooks, new AbortController().signal);
    expect(summary).toEqual({ lines: MAX_BATCH + 3, accepted: MAX_BATCH + 1, rejected: 2, resends: 0 });
    expect(batches.map((batch) => batch.length)).toEqual([MAX_BATCH, 2]);
    expect(batches.flat().map(measuredAt)).toEqual(values.map(measuredAt));
    expect(told).toEqual(['2 not_json', `${MAX_BATCH + 3} null_island`]);
  });

  test('told to stop, it sends nothing more', async () => {
    const { sender, batches } = aSender();
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(replayLines(sender, linesOf(at(0)), { speed: 1 }, hooks, stop.signal)).rejects.toThrow('stopped');
    expect(batches).toEqual([]);
  });
});
