import { aSquare, aZoneSet, NOON } from './testing';
import { compileZoneSetInPieces, withoutShapes } from './compile-zone-set';
import type { Zone } from './zone-set';

describe('a compiled zone set', () => {
  it('knows the types its rules name, those of the global rules too, each once and sorted', () => {
    const set = aZoneSet({
      zones: [{ rules: [{ vehicleTypeIds: ['moped', 'bike'] }, { rideEndAllowed: false }] }],
      globalRules: [{ vehicleTypeIds: ['bike', 'car'] }],
    });
    expect(set.namedVehicleTypeIds).toEqual(['bike', 'car', 'moped']);
  });

  it('is the same made in pieces, with turns for others between them', async () => {
    const whole = aZoneSet({ zones: [{ zoneId: 'a' }, { zoneId: 'b', start: NOON }] });
    let turns = 0;
    const pause = () => Promise.resolve(void (turns += 1));
    const pieced = await compileZoneSetInPieces(whole.definition, { fleetId: 'default', version: 1 }, pause);
    expect(turns).toBeGreaterThan(0);
    expect(pieced.changePoints).toEqual(whole.changePoints);
    expect(pieced.fingerprints).toEqual(whole.fingerprints);
    expect(pieced.index.containing([4.8932, 52.3731])).toEqual([0, 1]);
  });

  it('decides the same without its shapes, and can still be compared with another version', async () => {
    const drawn = aZoneSet({
      zones: [
        { zoneId: 'a', start: NOON },
        { zoneId: 'b', rules: [{ rideEndAllowed: false }] },
      ],
    });
    const set = await withoutShapes(drawn, () => Promise.resolve());
    expect(JSON.stringify(set.definition)).not.toContain('coordinates');
    expect(set.fingerprints).toEqual(drawn.fingerprints);
    expect({ ...set, definition: undefined }).toEqual({ ...drawn, definition: undefined });
  });

  it('knows when something in it changes', () => {
    const set = aZoneSet({
      zones: [{ start: NOON, end: NOON + 9 }, { zoneId: 'b', start: NOON + 9 }, { zoneId: 'c' }],
    });
    expect(set.changePoints).toEqual([NOON, NOON + 9]);
  });

  it('finds a zone by its id', () => {
    const set = aZoneSet({ zones: [{ zoneId: 'a' }, { zoneId: 'b' }] });
    expect([set.positionOf.get('a'), set.positionOf.get('b'), set.positionOf.get('c')]).toEqual([0, 1, undefined]);
  });

  describe('fingerprints', () => {
    const of = (zone: Partial<Zone>) => aZoneSet({ zones: [zone] }).fingerprints[0];

    it.each<[string, Partial<Zone>]>([
      ['its name', { name: 'Dam' }],
      ['its id', { zoneId: 'dam' }],
      ['its place in the file', { index: 7 }],
      ['what evaluation does not read', { properties: { colour: 'red' } }],
      [
        'a Polygon written as a MultiPolygon',
        { geometry: { type: 'MultiPolygon', coordinates: [aSquare(4.8932, 52.3731, 1_000).coordinates] as never } },
      ],
    ])('stay when a zone changes %s', (_what, changed) => {
      expect(of(changed)).toBe(of({}));
    });

    it.each<[string, Partial<Zone>]>([
      ['its shape', { geometry: aSquare(4.8932, 52.3731, 1_001) }],
      ['a rule', { rules: [{ rideEndAllowed: false }] }],
      ['its start', { start: NOON }],
      ['its end', { end: NOON }],
    ])('differ when a zone changes %s', (_what, changed) => {
      expect(of(changed)).not.toBe(of({}));
    });

    it('tell rules apart by type and value, and read an absent field as nothing', () => {
      const rules = [
        { rideEndAllowed: false },
        { rideEndAllowed: true },
        { rideStartAllowed: false },
        { vehicleTypeIds: ['a'], rideEndAllowed: false },
      ];
      expect(new Set(rules.map((rule) => of({ rules: [rule] }))).size).toBe(rules.length);
      expect(of({ rules: [{ rideEndAllowed: false, maximumSpeedKph: undefined }] })).toBe(
        of({ rules: [{ rideEndAllowed: false }] }),
      );
    });
  });
});
