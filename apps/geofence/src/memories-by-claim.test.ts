import { memoriesByClaim } from './memories-by-claim';

const bytes = (length: number, of = 254) => new Uint8Array(length).fill(of);

test('what is known under one claim is not known under the next', () => {
  const memories = memoriesByClaim(10_000);
  const [claim, next] = [{}, {}];
  memories.set(claim, 'default/bike-1', bytes(10));
  expect([...memories.get(claim, 'default/bike-1')!]).toEqual([...bytes(10)]);
  expect(memories.get(next, 'default/bike-1')).toBeUndefined();
});

test('of more than there is room for, those written last are kept', () => {
  const memories = memoriesByClaim(3 * (150 + 100));
  const claim = {};
  for (const key of ['a', 'b', 'c']) memories.set(claim, key, bytes(100));
  memories.set(claim, 'a', bytes(100, 2));
  memories.set(claim, 'd', bytes(100));
  const known = ['a', 'b', 'c', 'd'].filter((key) => memories.get(claim, key));
  expect(known).toEqual(['a', 'c', 'd']);
  expect([...memories.get(claim, 'a')!]).toEqual([...bytes(100, 2)]);
});

test('one that is larger than all the room is not kept, and the others make room no more than once', () => {
  const memories = memoriesByClaim(1_000);
  const claim = {};
  memories.set(claim, 'large', bytes(1_000));
  expect(memories.get(claim, 'large')).toBeUndefined();
  for (let i = 0; i < 100; i++) memories.set(claim, `bike-${i % 3}`, bytes(50));
  expect(['bike-0', 'bike-1', 'bike-2'].every((key) => memories.get(claim, key))).toBe(true);
});
