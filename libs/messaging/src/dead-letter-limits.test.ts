import { judgeDeadLetters, NO_SUSPICION, type JudgedRecord, type Suspicion, type Verdict } from './dead-letter-limits';

interface Line extends JudgedRecord {
  readonly dead: boolean;
}

/** `!a` is a record of vehicle a that was set aside, `a` a good one, `-` a tick, `!-` one without a key that was set aside. */
function line(text: string): Line[] {
  return text.split(' ').map((word, offset) => {
    const dead = word.startsWith('!');
    const key = dead ? word.slice(1) : word;
    return { offset, key: key === '-' ? null : key, dead };
  });
}

const times = (count: number, word: (at: number) => string) => Array.from({ length: count }, (_, at) => word(at));
const join = (...parts: (string | string[])[]) => parts.flat().join(' ');
const dead = (record: JudgedRecord) => (record as Line).dead;

/** The verdict over a line given in pieces of `size`, as batches would. Offsets say where it stopped. */
function judged(text: string, size: number): { parkedAt?: number; reason?: string; setAside: string[] } {
  const records = line(text);
  let suspicion: Suspicion = NO_SUSPICION;
  for (let from = 0; from < records.length; from += size) {
    const verdict: Verdict = judgeDeadLetters(suspicion, records.slice(from, from + size), dead);
    if (verdict.kind === 'park')
      return { parkedAt: from + verdict.keep, reason: verdict.reason, setAside: [...suspicion.setAside] };
    ({ suspicion } = verdict);
  }
  return { setAside: [...suspicion.setAside] };
}

const fiveInTurn = (at: number) => `!bike${at % 5}`;

const TABLE: readonly [string, string, { parkedAt?: number; setAside?: string[] }][] = [
  [
    '99 in a row of many vehicles',
    join(
      times(99, (at) => `!b${at}`),
      'a',
    ),
    {},
  ],
  ['100 in a row of five vehicles', join(times(101, fiveInTurn)), { parkedAt: 99 }],
  ['100 in a row without a key', join(times(101, () => '!-')), { parkedAt: 99 }],
  ['ticks between them', join(times(101, fiveInTurn).flatMap((word) => [word, '-'])), { parkedAt: 198 }],
  [
    'a good one in the middle',
    join(
      times(60, (at) => `!b${at}`),
      'a',
      times(40, (at) => `!c${at}`),
    ),
    {},
  ],
  ['101 of one vehicle', join(times(101, () => '!sick')), { setAside: ['sick'] }],
  [
    '20 of one vehicle, then good again',
    join(
      times(20, () => '!a'),
      'a',
      times(20, () => '!a'),
    ),
    {},
  ],
  [
    'a sick vehicle among good ones',
    join(times(400, (at) => (at % 4 === 0 ? '!sick' : `bike${at}`))),
    { setAside: ['sick'] },
  ],
  [
    'six sick vehicles one after the other',
    join(times(6, (vehicle) => join(times(30, () => `!sick${vehicle}`)))),
    { setAside: times(6, (vehicle) => `sick${vehicle}`) },
  ],
  [
    'what counted for a vehicle set aside counts no more',
    join(
      times(25, () => '!sick'),
      times(99, (at) => `!b${at}`),
    ),
    { setAside: ['sick'] },
  ],
  ['100 spread over 10,000', join(times(10_000, (at) => (at % 100 === 0 ? `!b${at}` : `g${at}`))), {}],
  ['101 spread over 10,000', join(times(10_000, (at) => (at % 99 === 0 ? `!b${at}` : `g${at}`))), { parkedAt: 9_900 }],
  ['one in 150 for a long time', join(times(40_000, (at) => (at % 150 === 0 ? `!b${at}` : `g${at}`))), {}],
];

describe('how much may be set aside', () => {
  it.each(TABLE)('%s', (_name, text, { parkedAt, setAside = [] }) => {
    for (const size of [1, 7, 50_000]) {
      const verdict = judged(text, size);
      expect({
        size,
        parkedAt: verdict.parkedAt,
        setAside: size > 1_000 && parkedAt !== undefined ? setAside : verdict.setAside,
      }).toEqual({
        size,
        parkedAt,
        setAside,
      });
    }
  });

  it('says how many of whom, and where it stopped', () => {
    expect(judged(join(times(101, fiveInTurn)), 10).reason).toBe(
      '100 records in a row, of 5 vehicles, cannot be used, the last at offset 99',
    );
    expect(judged(join(times(10_000, (at) => (at % 99 === 0 ? `!b${at}` : `g${at}`))), 10).reason).toBe(
      '101 of the last 10000 records cannot be used, the last at offset 9900',
    );
  });

  it('changes nothing that it was given, so that a flush rolled back leaves no trace', () => {
    const before = judgeDeadLetters(NO_SUSPICION, line('!a !b !a'), dead);
    if (before.kind !== 'go_on') throw new Error('three are not too many');
    const copy = structuredClone(before.suspicion);
    judgeDeadLetters(
      before.suspicion,
      line(
        join(
          times(40, () => '!a'),
          'b',
        ),
      ),
      dead,
    );
    expect(before.suspicion).toEqual(copy);
    expect(NO_SUSPICION.runs.size).toBe(0);
  });
});
