import { createRecentMap } from './recent-map';

test('what is used outlives any number of turns, what is not used lives through one', () => {
  const map = createRecentMap<number>();
  map.set('used', 1);
  map.set('idle', 2);
  map.turn();
  for (let turn = 0; turn < 5; turn++) {
    expect(map.get('used')).toBe(1);
    map.turn();
  }
  expect(map.get('idle')).toBeUndefined();
});

test('the newest value counts, also of one that was there before the turn', () => {
  const map = createRecentMap<number>();
  map.set('bike', 1);
  map.turn();
  map.set('bike', 2);
  expect(map.get('bike')).toBe(2);
  map.turn();
  expect(map.get('bike')).toBe(2);
});

test('never more than twice as many are kept as it may take, whether they are new or used again', () => {
  const map = createRecentMap<number>(10);
  const kept = () => Array.from({ length: 200 }, (_, i) => i).filter((i) => map.get(`bike-${i}`) !== undefined).length;
  for (let i = 0; i < 200; i++) {
    map.set(`bike-${i}`, i);
    for (let before = 0; before < i; before++) map.get(`bike-${before}`);
  }
  expect(map.get('bike-199')).toBe(199);
  expect(kept()).toBeGreaterThan(0);
  expect(kept()).toBeLessThanOrEqual(20);
});
