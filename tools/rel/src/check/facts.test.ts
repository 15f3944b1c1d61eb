import { compareFacts, type StoredFact, type ToldFact } from './facts';
import type { ExpectedFact } from './oracle';

const T = Date.UTC(2026, 10, 21, 10);
const whose = { fleetId: 'default', vehicleId: 'bike-1' };

const expected: ExpectedFact[] = [
  { type: 'geofence_event', ...whose, zoneId: 'park', kind: 'entered', cause: 'moved', at: T },
  { type: 'geofence_event', ...whose, zoneId: 'park', kind: 'exited', cause: 'moved', at: T + 9_000 },
  { type: 'violation', ...whose, kind: 'speeding', rule: 'maximumSpeedKph', openedAt: T + 2_000, closedAt: T + 5_000 },
];

const stored: StoredFact[] = expected.map((fact, i) => ({
  ...fact,
  id: `fact-${i}`,
  revision: fact.type === 'violation' ? 2 : 1,
  retracted: false,
}));

const [entered, exited, speeding] = stored as [StoredFact, StoredFact, StoredFact];

/** What the owner told about these facts, in order: a violation twice, opened and closed. */
function toldOf(facts: readonly StoredFact[]): ToldFact[] {
  const tellings = facts.flatMap((fact): Omit<ToldFact, 'partition' | 'offset' | 'seq'>[] =>
    fact.type === 'geofence_event'
      ? [{ ...fact, eventType: `geofence_event.${fact.kind}` }]
      : [
          { ...fact, revision: 1, closedAt: undefined, eventType: 'violation.opened' },
          { ...fact, eventType: 'violation.closed' },
        ],
  );
  return tellings.map((telling, i) => ({ ...telling, partition: 0, offset: i, seq: i + 1 }));
}

const problemsOf = (facts: readonly StoredFact[], told = toldOf(facts)) => compareFacts(expected, facts, told).problems;

describe('rel check facts', () => {
  it('finds nothing where tables and topic hold what the oracle expects', () => {
    expect(compareFacts(expected, stored, toldOf(stored))).toEqual({
      expected: 3,
      stored: 3,
      told: 4,
      repeats: 0,
      problems: [],
    });
  });

  it('names a fact that is missing', () => {
    expect(problemsOf([entered, speeding])).toEqual([
      { problem: 'missing', what: 'event exited default/bike-1 park moved 2026-11-21T10:00:09.000Z' },
    ]);
  });

  it('names a fact that is stored twice under two ids', () => {
    expect(problemsOf([...stored, { ...entered, id: 'fact-9' }])).toEqual([
      {
        problem: 'extra',
        what: 'event entered default/bike-1 park moved 2026-11-21T10:00:00.000Z is stored twice: fact-0 and fact-9',
      },
    ]);
  });

  it('names a fact that nobody can explain', () => {
    const invented = { ...exited, id: 'fact-9', at: T + 60_000 };
    expect(problemsOf([...stored, invented])).toEqual([
      { problem: 'extra', what: 'event exited default/bike-1 park moved 2026-11-21T10:01:00.000Z fact-9' },
    ]);
  });

  it('lets a retracted fact be, if the topic took it back too', () => {
    const taken: StoredFact = { ...exited, id: 'fact-9', at: T + 60_000, revision: 2, retracted: true };
    const told: ToldFact = { ...taken, eventType: 'geofence_event.retracted', partition: 0, offset: 4, seq: 5 };
    expect(problemsOf([...stored, taken], [...toldOf(stored), told])).toEqual([]);
    expect(problemsOf([...stored, taken], toldOf(stored))).toMatchObject([{ problem: 'untold' }]);
  });

  it('names a violation that closed at another time than it must', () => {
    const open: StoredFact = { ...speeding, revision: 1, closedAt: undefined };
    const told = toldOf(stored).filter(({ eventType }) => eventType !== 'violation.closed');
    expect(problemsOf([entered, exited, open], told)).toEqual([
      {
        problem: 'different',
        what: 'violation speeding default/bike-1 global maximumSpeedKph opened 2026-11-21T10:00:02.000Z fact-2: stored open, must be closed 2026-11-21T10:00:05.000Z',
      },
    ]);
  });

  it('names a fact that was stored and never told, and the hole it leaves', () => {
    const told = toldOf(stored).filter(({ id }) => id !== 'fact-1');
    expect(problemsOf(stored, told).map(({ problem }) => problem)).toEqual(['disordered', 'untold']);
  });

  it('names a fact whose last telling is not what is stored', () => {
    const told = toldOf(stored).filter(({ eventType }) => eventType !== 'violation.closed');
    expect(problemsOf(stored, told)).toMatchObject([
      { problem: 'untold', what: expect.stringContaining('violation.opened') },
    ]);
  });

  it('names a fact that was told and is not stored', () => {
    const told = [...toldOf(stored), { ...toldOf([exited])[0]!, id: 'fact-9', offset: 4, seq: 5 }];
    expect(problemsOf(stored, told)).toMatchObject([{ problem: 'invented', what: expect.stringContaining('fact-9') }]);
  });

  it('counts what a new owner tells again under the same id and revision as repeats, no fault', () => {
    const told = toldOf(stored);
    const again = told.slice(1, 3).map((fact, i) => ({ ...fact, offset: told.length + i }));
    expect(compareFacts(expected, stored, [...told, ...again])).toMatchObject({ repeats: 2, problems: [] });
  });
});
