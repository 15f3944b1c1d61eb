import { planReset, sayRange, type ResetTarget } from './plan-reset';

const place = (nextOffset: number, clusterId = 'ours') => ({
  consumer: 'geofence',
  topic: 'corral.heartbeats.v1',
  partition: 0,
  epoch: 3,
  nextOffset,
  clusterId,
});
const bounds = (start: number, end: number) => ({ start, end, clusterId: 'ours' });

const TABLE: readonly [string, number, [number, number], ResetTarget, object][] = [
  ['a park is cleared where it stands', 50, [0, 80], 'here', { kind: 'move', from: 50, to: 50 }],
  ['one record is skipped', 50, [0, 80], 51, { kind: 'move', from: 50, to: 51, skipped: { first: 50, last: 50 } }],
  ['all is read again', 50, [0, 80], 'start', { kind: 'move', from: 50, to: 0, again: { first: 0, last: 49 } }],
  ['the rest is skipped', 50, [0, 80], 'end', { kind: 'move', from: 50, to: 80, skipped: { first: 50, last: 79 } }],
  [
    'retention passed it: the gap is named',
    50,
    [70, 80],
    'start',
    { kind: 'move', from: 50, to: 70, gone: { first: 50, last: 69 } },
  ],
  [
    'retention passed it, and the rest is skipped too',
    50,
    [70, 80],
    75,
    { kind: 'move', from: 50, to: 75, gone: { first: 50, last: 69 }, skipped: { first: 70, last: 74 } },
  ],
  ['retention passed it: it cannot stay', 50, [70, 80], 'here', { kind: 'refused' }],
  ['the log lost its tail: from its start', 50, [0, 20], 'start', { kind: 'move', from: 50, to: 0 }],
  [
    'the log lost its tail: nobody knows what of it was read',
    50,
    [0, 20],
    'end',
    { kind: 'move', from: 50, to: 20, skipped: { first: 0, last: 19 } },
  ],
  ['an offset that is not there', 50, [0, 80], 81, { kind: 'refused' }],
  ['an offset that is gone', 50, [10, 80], 9, { kind: 'refused' }],
];

describe('what a reset means', () => {
  it.each(TABLE)('%s', (_name, nextOffset, [start, end], target, wanted) => {
    const plan = planReset(place(nextOffset), bounds(start, end), target);
    if (plan.kind === 'refused') expect(plan.kind).toBe((wanted as { kind: string }).kind);
    else expect(plan).toEqual(wanted);
  });

  it('knows nothing of offsets of another log', () => {
    expect(planReset(place(50, 'another'), bounds(0, 80), 'here')).toEqual({
      kind: 'refused',
      reason: 'it cannot go on where it stands: the log is another one (cluster ours, the saved offset is of another)',
    });
    expect(planReset(place(50, 'another'), bounds(0, 80), 'start')).toEqual({ kind: 'move', from: 50, to: 0 });
  });

  it('says ranges with both ends', () => {
    expect(sayRange({ first: 50, last: 69 })).toBe('records 50 to 69 (20)');
    expect(sayRange({ first: 7, last: 7 })).toBe('record 7');
  });

  it('in a log that was recreated and has grown past its place skips and repeats what stands in this log, and never goes on there', () => {
    const parkedReason =
      'record 49 was received at A, and the one read there at B: the log was recreated, and has grown past the saved offset';
    const anew = { ...place(50), parkedReason };
    expect(planReset(anew, bounds(0, 80), 'here')).toMatchObject({ kind: 'refused' });
    expect(planReset(anew, bounds(0, 80), 'start')).toEqual({ kind: 'move', from: 50, to: 0 });
    expect(planReset(anew, bounds(0, 80), 60)).toEqual({
      kind: 'move',
      from: 50,
      to: 60,
      skipped: { first: 0, last: 59 },
    });
  });
});
