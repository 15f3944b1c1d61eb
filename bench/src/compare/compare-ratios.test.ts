import type { Ratio } from '../part';
import { compareRatios, comparedTable } from './compare-ratios';

const cpu = (value: number): Ratio => ({ name: 'ingest.single.cpuRatioToGo', value, better: 'lower' });
const speed = (value: number): Ratio => ({ name: 'geofence.zones100.ratio', value, better: 'higher' });
const verdicts = (was: Ratio[], is: Ratio[]) => compareRatios(was, is, 0.25).map(({ verdict }) => verdict);

describe('the regression gate', () => {
  test.each<[string, Ratio[], Ratio[], string[]]>([
    ['what costs a quarter more is still the same', [cpu(1)], [cpu(1.25)], ['same']],
    ['what costs more than that is worse', [cpu(1)], [cpu(1.26)], ['worse']],
    ['what costs much less is better', [cpu(1)], [cpu(0.7)], ['better']],
    ['where more is better, less is worse', [speed(10)], [speed(7)], ['worse']],
    ['and more is better', [speed(10)], [speed(20)], ['better']],
    ['what nobody measured before is new', [], [cpu(9)], ['new']],
    ['what is not measured now is not judged', [cpu(1), speed(10)], [speed(10)], ['same']],
    ['what could not be measured is worse', [cpu(1)], [cpu(NaN)], ['worse']],
  ])('%s', (_, was, is, expected) => {
    expect(verdicts(was, is)).toEqual(expected);
  });

  test('its table tells the worst first, and by how much', () => {
    const table = comparedTable(compareRatios([cpu(1), speed(10)], [cpu(1.1), speed(5)], 0.25), 0.25);
    expect(table.split('\n').slice(2, 4)).toEqual([
      '| geofence.zones100.ratio | 10 | 5 | +100 % | worse |',
      '| ingest.single.cpuRatioToGo | 1 | 1.1 | +10 % | same |',
    ]);
    expect(table).toContain('1 of 2 became worse.');
  });
});
