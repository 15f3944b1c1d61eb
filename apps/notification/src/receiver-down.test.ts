import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { eventually } from '@corral/messaging/testing';
import { retryDelayMs } from '@corral/domain';
import { createOutbound, type Outbound } from '@corral/runtime/outbound';
import { webhookChannel } from './channels/webhook';
import { DETECTED_AT, SECRET, setStage, type Stage } from './testing/notification-stage';
import { aGeofenceEvent } from './testing/some-facts';
import { startWebhookReceiver, verify, type Answer, type WebhookReceiver } from './testing/webhook-receiver';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** CONTRACT 7: attempts are made at these times after the first, each wait spread by a fifth to either side. */
const SCHEDULE = [0, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR];
/** So long nobody but one is well. */
const OUTAGE_MS = 6 * HOUR;
/** Meanwhile something happens every so often. */
const EVERY_MS = HOUR;
/** Real time, unlike all others here: what an attempt may take, to one of whom we know that it says nothing and to others. */
const TIMEOUT_MS = { silent: 400, others: 15_000 };
const SILENT = 'says nothing';

/** What each receiver says as long as it is not well again. */
const SICK: Readonly<Record<string, () => Answer>> = {
  'hangs up': () => 'hang up',
  'answers 500': () => ({ status: 500, body: 'ouch' }),
  'redirects with 302': () => ({ status: 302, headers: { location: '/elsewhere' } }),
  'answers 429 and wants an hour': () => ({ status: 429, headers: { 'retry-after': '3600' } }),
  'answers 429 and wants a second': () => ({ status: 429, headers: { 'retry-after': '1' } }),
  'answers 429 and wants nonsense': () => ({ status: 429, headers: { 'retry-after': 'after lunch' } }),
  [SILENT]: () => undefined,
  'answers 503 with a body without end': () => ({ status: 503, endless: true }),
};
/** And one when it is. */
const WELL: Readonly<Record<string, Answer>> = {
  'answers 503 with a body without end': { status: 200, endless: true },
};

let postgres: TestDatabase;
let stage: Stage;
const receivers = new Map<string, WebhookReceiver>();
/** By receiver and webhook id, when it was told (the clock that we inject). */
const tellings = new Map<string, Map<string, number[]>>();
let now = DETECTED_AT;
let facts = 0;
const ways: Outbound[] = [];
const isIll = () => now - DETECTED_AT < OUTAGE_MS;

/** Runs the outage once; every test below looks at what came of it. */
beforeAll(async () => {
  postgres = await startTestDatabase();
  stage = await setStage(postgres.database);
  for (const name of [...Object.keys(SICK), 'answers 410', 'is well']) await aReceiver(name);
  let dice = 7;
  const random = () => (dice = (dice * 48_271) % 2_147_483_647) / 2_147_483_647;
  const outbound = (timeoutMs: number) => createOutbound({ allow: ['127.0.0.0/8'], timeoutMs });
  ways.push(outbound(TIMEOUT_MS.silent), outbound(TIMEOUT_MS.others));
  const [hasty, patient] = ways.map((way) => webhookChannel(way));
  await stage.notification({
    ...{ now: () => now, random, retryDelayMs, limits: { pollMs: 10 } },
    tell: (delivery, at, signal) =>
      (delivery.url === receivers.get(SILENT)!.url && isIll() ? hasty! : patient!)(delivery, at, signal),
  });

  for (let at = 0; at < OUTAGE_MS; at += EVERY_MS) {
    await passUntil(DETECTED_AT + at);
    await stage.happen(aGeofenceEvent({ id: `evt_${at / MINUTE}`, vehicleId: `bike-${at / MINUTE}` }));
    facts += 1;
    await stage.settled();
    await quiet();
  }
  await passUntil(Infinity);
}, 240_000);

afterAll(async () => {
  await stage.clear();
  for (const way of ways) await way.close();
  for (const receiver of receivers.values()) await receiver.stop();
  await postgres.stop();
});

async function aReceiver(name: string): Promise<void> {
  const times = new Map<string, number[]>();
  const receiver = await startWebhookReceiver(({ id }) => {
    times.set(id, [...(times.get(id) ?? []), now - DETECTED_AT]);
    if (name === 'is well') return { status: 204 };
    if (name === 'answers 410') return { status: 410 };
    return isIll() ? SICK[name]!() : (WELL[name] ?? { status: 200 });
  });
  receivers.set(name, receiver);
  tellings.set(name, times);
  await stage.endpoint(receiver.url, { id: `whe_${receivers.size}` });
}

/** Lets time pass until then, from one attempt that is due to the next; without end: until nothing waits any more. */
async function passUntil(then: number): Promise<void> {
  for (;;) {
    await quiet();
    const { rows } = await postgres.database.query<{ next: number | null }>(
      `SELECT min(next_attempt_at) AS next FROM delivery WHERE status = 'pending'`,
    );
    const next = rows[0]!.next;
    if (next === null || next > then) break;
    now = next;
  }
  if (Number.isFinite(then)) now = then;
}

/** Settles when all that is due now was tried, and recorded. */
async function quiet(): Promise<void> {
  await eventually('what is due was tried and recorded', async () => {
    const { rows } = await postgres.database.query<{ due: number; made: number; recorded: number }>(
      `SELECT count(*) FILTER (WHERE status = 'pending' AND next_attempt_at <= to_timestamp($1 / 1000.0)) AS due,
              coalesce(sum(attempts), 0) AS made, (SELECT count(*) FROM delivery_attempt) AS recorded FROM delivery`,
      [now],
    );
    const { due, made, recorded } = rows[0]!;
    return due === 0 && made === recorded;
  });
}

/** The times at which a receiver was told each thing, since the first telling of it. */
function timesOf(name: string): readonly (readonly number[])[] {
  return [...tellings.get(name)!.values()].map((times) => times.map((time) => time - times[0]!));
}

/** The bounds of the n-th telling: every wait a fifth shorter or longer, or up to twice as long where the receiver asked for it. */
function boundsOf(n: number, longest = 1.2): readonly [number, number] {
  return [0.8 * SCHEDULE[n]! - n, longest * SCHEDULE[n]! + n];
}

describe('six hours without a receiver', () => {
  it.each(Object.keys(SICK))('one that %s is told again at the times of the schedule', (name) => {
    const longest = name.endsWith('wants an hour') ? 2.4 : 1.2;
    expect(timesOf(name)).toHaveLength(facts);
    for (const times of timesOf(name))
      for (const [n, time] of times.entries()) {
        const [earliest, latest] = boundsOf(n, longest);
        expect(time).toBeGreaterThanOrEqual(earliest);
        expect(time).toBeLessThanOrEqual(latest);
      }
    // What happened first was tried until five hours after, when it was still ill.
    expect(Math.max(...timesOf(name).map((times) => times.length))).toBeGreaterThanOrEqual(SCHEDULE.length - 1);
  });

  it('one that asks for an hour is left alone for longer than others, and never for more than twice the wait', () => {
    const second = (name: string) => Math.max(...timesOf(name).map((times) => times[1]!));
    expect(second('answers 429 and wants an hour')).toBeGreaterThan(1.5 * second('answers 429 and wants a second'));
    expect(second('answers 429 and wants an hour')).toBeLessThanOrEqual(2 * 1.2 * SCHEDULE[1]!);
  });

  it.each(Object.keys(SICK))(
    'one that %s has everything once it is well, each thing once, genuine and unchanged',
    (name) => {
      for (const times of tellings.get(name)!.values()) {
        expect(times.at(-1)).toBeGreaterThanOrEqual(OUTAGE_MS);
        expect(times.filter((time) => time >= OUTAGE_MS)).toHaveLength(1);
      }
      const bodies = new Map<string, Set<string>>();
      for (const { id, text } of receivers.get(name)!.hits) bodies.set(id, (bodies.get(id) ?? new Set()).add(text));
      expect([...bodies.values()].every((texts) => texts.size === 1)).toBe(true);
      // Signed for the moment of the telling, which lies months away from the clock of whoever verifies today: that of the library is turned back.
      jest.useFakeTimers({ now: DETECTED_AT + tellings.get(name)!.values().next().value!.at(-1)! });
      try {
        const [first] = tellings.get(name)!.keys();
        verify(
          receivers.get(name)!.hits.findLast(({ id }) => id === first)!,
          SECRET,
        );
      } finally {
        jest.useRealTimers();
      }
    },
  );

  it('another endpoint of the same fleet hears of everything at the moment it happens, once', () => {
    const times = [...tellings.get('is well')!.values()].flat();
    expect(times).toEqual(Array.from({ length: facts }, (_, i) => i * EVERY_MS));
  });

  it('one that is gone is told once, and never again', async () => {
    expect(receivers.get('answers 410')!.hits).toHaveLength(1);
    const { rows } = await postgres.database.query(
      'SELECT disabled_reason AS reason FROM webhook_endpoint WHERE disabled_at IS NOT NULL',
    );
    expect(rows).toEqual([{ reason: 'gone' }]);
  });

  it('a redirect leads nowhere: nobody is told but the address that was registered', () => {
    expect(new Set(receivers.get('redirects with 302')!.hits.map(({ path }) => path))).toEqual(new Set(['/hook']));
  });

  it('leaves nothing waiting, and nothing given up but what nobody wants any more', async () => {
    const { rows } = await postgres.database.query<{ status: string; count: number }>(
      `SELECT status, count(*) AS count FROM delivery GROUP BY status ORDER BY status`,
    );
    expect(rows).toEqual([
      { status: 'delivered', count: facts * (Object.keys(SICK).length + 1) },
      { status: 'failed', count: 1 },
    ]);
  });
});
