import { murmur2, partitionFor, partitionOf, partitionOfBytes } from './murmur2';
import golden from './testing/murmur2.golden.json';

// Written by Kafka 4.3.1's own org.apache.kafka.common.utils.Utils: key, murmur2, its partition of 48 and of 4.
const keys = golden as [key: string, hash: number, of48: number, of4: number][];

describe('the partition of a vehicle', () => {
  it('is the one that Java gives, for 1,000 keys', () => {
    expect(keys).toHaveLength(1_000);
    for (const [key, hash, of48, of4] of keys)
      expect([key, murmur2(Buffer.from(key)), partitionOf(key, 48), partitionOf(key, 4)]).toEqual([
        key,
        hash,
        of48,
        of4,
      ]);
  });

  it('is the one that kafkajs gives, too', () => {
    const theirs = jest.requireActual<(key: Buffer) => number>('kafkajs/src/producer/partitioners/default/murmur2');
    for (const [key] of keys) expect(murmur2(Buffer.from(key))).toBe(theirs(Buffer.from(key)));
  });

  it('is the same where the key stands within other bytes', () => {
    for (const [key, hash, of48] of keys.slice(0, 100)) {
      const bytes = Buffer.from(`..${key}...`);
      const end = bytes.length - 3;
      expect([murmur2(bytes, 2, end), partitionOfBytes(bytes, 2, end, 48)]).toEqual([hash, of48]);
    }
  });

  it('is the one the record names, if it names one', () => {
    expect(partitionFor({ key: 'almere/bike-1', partition: 3 }, 4)).toBe(3);
    expect(partitionFor({ key: 'almere/bike-1' }, 4)).toBe(partitionOf('almere/bike-1', 4));
  });

  it.each([
    [{ key: null }, 'a record without a key must name its partition'],
    [{ key: 'a', partition: 4 }, 'partition 4 is not one of the 4 there are'],
    [{ key: 'a', partition: 0.5 }, 'partition 0.5 is not one of the 4 there are'],
  ])('is refused for %j', (record, reason) => {
    expect(() => partitionFor(record, 4)).toThrow(reason);
  });
});
