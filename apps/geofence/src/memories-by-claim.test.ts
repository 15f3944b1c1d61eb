import { memoriesByClaim } from './memories-by-claim';

const bytes = (length: number, of = 254) => new Uint8Array(length).fill(of);
/** Of a memory of up to 256 bytes. */
const ENTRY = 600 + 256;

test('what is known under one claim is not known under the next', () => {
  const memories = memoriesByClaim(10_000);
  const [claim, next] = [{}, {}];
  memories.set(claim, 'default/bike-1', bytes(10));
  expect([...memories.get(claim, 'default/bike-1')!]).toEqual([...bytes(10)]);
  expect(memories.get(next, 'default/bike-1')).toBeUndefined();
});

test('a memory is known as it was written last, be it longer or shorter than before, and is not what it was written from', () => {
  const memories = memoriesByClaim(10_000);
  const claim = {};
  for (const length of [10, 250, 1_800, 3, 700]) {
    const memory = bytes(length, length % 251);
    memories.set(claim, 'a', memory);
    memory.fill(0);
    expect([...memories.get(claim, 'a')!]).toEqual([...bytes(length, length % 251)]);
  }
});

test('a fleet that reports in turns and is larger than the room is known as far as there is room', () => {
  const memories = memoriesByClaim(80 * ENTRY, () => 0);
  const claim = {};
  let known = 0;
  for (let round = 0; round < 3; round++)
    for (let i = 0; i < 100; i++) {
      if (memories.get(claim, `bike-${i}`)) known++;
      memories.set(claim, `bike-${i}`, bytes(256));
    }
  expect(known).toBe(2 * 80);
});

test('vehicles that were not written for a minute make room, as much as is needed, and those written last stay', () => {
  let now = 0;
  const memories = memoriesByClaim(3 * ENTRY, () => now);
  const claim = {};
  const known = () => ['a', 'b', 'c', 'd', 'e'].filter((key) => memories.get(claim, key));
  for (const key of ['a', 'b', 'c']) memories.set(claim, key, bytes(100));
  now = 59_999;
  memories.set(claim, 'a', bytes(100, 2));
  memories.set(claim, 'd', bytes(100));
  expect(known()).toEqual(['a', 'b', 'c']);
  now = 60_000;
  memories.set(claim, 'd', bytes(100));
  expect(known()).toEqual(['a', 'c', 'd']);
  memories.set(claim, 'e', bytes(100));
  expect(known()).toEqual(['a', 'd', 'e']);
  expect([...memories.get(claim, 'a')!]).toEqual([...bytes(100, 2)]);
});

test('a memory that has grown beyond the room left is not known any more, never as it was', () => {
  const memories = memoriesByClaim(2 * ENTRY, () => 0);
  const claim = {};
  for (const key of ['a', 'b']) memories.set(claim, key, bytes(256));
  memories.set(claim, 'a', bytes(257));
  expect(memories.get(claim, 'a')).toBeUndefined();
  memories.set(claim, 'c', bytes(256, 7));
  expect([...memories.get(claim, 'c')!]).toEqual([...bytes(256, 7)]);
  expect([...memories.get(claim, 'b')!]).toEqual([...bytes(256)]);
});

test('one that is larger than all the room is not kept', () => {
  const memories = memoriesByClaim(1_000);
  const claim = {};
  memories.set(claim, 'large', bytes(1_000));
  expect(memories.get(claim, 'large')).toBeUndefined();
});

test('whatever comes and goes, everybody keeps what is his', () => {
  let now = 0;
  const memories = memoriesByClaim(40 * ENTRY, () => now);
  const claim = {};
  const written = new Map<string, number>();
  let known = 0;
  for (let i = 0; i < 5_000; i++) {
    now += 500;
    const key = `bike-${(i * 7_919) % 97}`;
    const memory = memories.get(claim, key);
    if (memory) expect(new Set(memory)).toEqual(new Set([written.get(key)]));
    if (memory) known++;
    written.set(key, i % 256);
    memories.set(claim, key, bytes(1 + ((i * 104_729) % 1_800), i % 256));
  }
  expect(known).toBeGreaterThan(500);
});

test('what is forgotten of one claim is known under the others', () => {
  const memories = memoriesByClaim(10_000);
  const [mine, other] = [{}, {}];
  for (const claim of [mine, other]) memories.set(claim, 'a', bytes(100));
  memories.forget(mine);
  expect(memories.get(mine, 'a')).toBeUndefined();
  expect(memories.get(other, 'a')).toBeDefined();
});
