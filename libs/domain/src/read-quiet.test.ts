import { readQuiet } from './read-quiet';

function read(value: unknown) {
  const warnings: string[] = [];
  const quiet = readQuiet(value, 'features/3/properties/quiet', (code, path) => void warnings.push(`${code} ${path}`));
  return { quiet, warnings };
}

describe('what a file says about how zones are decided', () => {
  it.each([
    [{ profile: 'immediate' }, { profile: 'immediate' }],
    [{ profile: 'confirmed' }, { profile: 'confirmed' }],
    [
      { confirm_at: 0.5, margin_m: 0, noise_m: 1 },
      { confirmAt: 0.5, marginM: 0, noiseM: 1 },
    ],
    [
      { confirm_at: 50, margin_m: 1_000, noise_m: 100 },
      { confirmAt: 50, marginM: 1_000, noiseM: 100 },
    ],
  ])('%j is read', (value, quiet) => expect(read(value)).toEqual({ quiet, warnings: [] }));

  it.each([undefined, null])('nothing is said by %j', (value) =>
    expect(read(value)).toEqual({ quiet: undefined, warnings: [] }),
  );

  it.each([
    ['a word', 'confirmed'],
    ['a list', [{ profile: 'confirmed' }]],
    ['an empty object', {}],
    ['an unknown profile', { profile: 'silent' }],
    ['less evidence than any', { confirm_at: 0.49 }],
    ['more evidence than any', { confirm_at: 50.1 }],
    ['evidence that is no number', { confirm_at: '4' }],
    ['evidence that is not finite', { confirm_at: NaN }],
    ['a margin the other way', { margin_m: -1 }],
    ['a margin of more than a kilometre', { margin_m: 1_001 }],
    ['an error of nothing', { noise_m: 0.9 }],
    ['an error as wide as a town', { noise_m: 101 }],
    ['one member too many', { profile: 'confirmed', colour: 'red' }],
    ['one good and one bad member', { confirm_at: 4, noise_m: null }],
  ])('%s changes nothing, and that is said with its place', (_what, value) =>
    expect(read(value)).toEqual({ quiet: undefined, warnings: ['quiet_ignored features/3/properties/quiet'] }),
  );
});
