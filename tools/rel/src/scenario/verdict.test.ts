import { createVerdict } from './verdict';

describe('a verdict', () => {
  it('says each promise with what was found, and how many held', () => {
    const said: string[] = [];
    const verdict = createVerdict((line) => said.push(line));
    verdict.fact('seed 7');
    verdict.that('nothing is lost', true, '0 of 100');
    verdict.that('all are answered', false);
    expect(said).toEqual(['       seed 7', 'ok     nothing is lost: 0 of 100', 'BROKEN all are answered']);
    expect(verdict.closing()).toBe('1 passed, 1 failed');
    expect(verdict.holds()).toBe(false);
  });

  it('does not hold when nothing was promised', () => {
    const verdict = createVerdict(() => undefined);
    expect(verdict.holds()).toBe(false);
    verdict.that('nothing is lost', true);
    expect(verdict.holds()).toBe(true);
  });
});
