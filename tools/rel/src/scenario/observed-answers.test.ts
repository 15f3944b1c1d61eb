import {
  longestWithout202,
  refusingWindows,
  sentWithin,
  showStatuses,
  slowestMs,
  type ObservedAnswer,
} from './observed-answers';

const answer = (at: number, status = 202, tookMs = 10): ObservedAnswer => ({ at, status, tookMs, retryAfterS: 0 });

describe('what the clients of a load saw', () => {
  const answers = [answer(100), answer(200, 503), answer(450, 503, 300), answer(500, 0), answer(900)];

  it('belongs to the time in which a request was sent, not to that of its answer', () => {
    expect(sentWithin(answers, { from: 150, to: 460 }).map(({ at }) => at)).toEqual([200, 450]);
  });

  it('is counted by status', () => {
    expect(showStatuses(answers)).toBe('none: 1, 202: 2, 503: 2');
    expect(showStatuses([])).toBe('none at all');
  });

  it('says for how long nothing was taken, also until the end', () => {
    expect(longestWithout202(answers, { from: 0, to: 1_000 })).toBe(800);
    expect(longestWithout202(answers, { from: 0, to: 2_000 })).toBe(1_100);
    expect(longestWithout202([], { from: 0, to: 50 })).toBe(50);
  });

  it('has windows in which answers refused', () => {
    expect(refusingWindows(answers, { from: 0, to: 1_000 })).toEqual([300]);
    expect(refusingWindows(answers, { from: 600, to: 1_000 })).toEqual([]);
    expect(refusingWindows([...answers, answer(1_600, 503)], { from: 0, to: 2_000 })).toEqual([300, 0]);
  });

  it('says how long the slowest took', () => {
    expect(slowestMs(answers)).toBe(300);
    expect(slowestMs([])).toBe(0);
  });
});
