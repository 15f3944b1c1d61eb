import { boundingBoxOf } from './bounding-box';
import { buildCellGrid } from './build-cell-grid';
import { checkGeometry, checkPlaneGeometry } from './check-geometry';
import { partsOf, type Geometry, type Position } from './geometry';
import { packShapes } from './packed-shapes';
import { locate, pointInMultiPolygon } from './point-in-polygon';
import { awkwardPositions } from './testing/awkward-positions';
import { exactIndex } from './testing/exact-index';
import { flatbushIndex } from './testing/flatbush-index';
import { jstsJudge } from './testing/jsts-judge';
import { readSample, samplesFolder } from './testing/samples';
import { seededRandom } from './testing/seeded-random';
import { buildZoneIndex } from './zone-index';

const folder = samplesFolder("JTS's own test cases and the zones of Almere; cases of ours cover the same ground");

// Where this library judges a shape otherwise than JTS does, and why. (None: it may only grow with a reason.)
const OTHERWISE_THAN_JTS: Readonly<Record<string, { readonly ours: 'ok' | 'refused'; readonly reason: string }>> = {};

if (folder === undefined) {
  test('without the sample folder nothing of it is asked, and in CI that is a failure', () => {
    expect(process.env.CI ?? '').toBe('');
  });
} else {
  describe("JTS's points against polygons", () => {
    const cases = readSample<{ name: string; point: Position; geometry: Geometry; where: string }[]>(
      folder,
      'jts/point-in-area.json',
    );

    test('are all there', () => {
      expect(cases).toHaveLength(27);
    });

    test.each(cases.map(({ name, ...rest }) => [name, rest] as const))('%s', (_name, { point, geometry, where }) => {
      expect(locate(point, partsOf(geometry))).toBe(where);
      expect(pointInMultiPolygon(point, partsOf(geometry))).toBe(where !== 'outside');
    });
  });

  describe("JTS's valid and invalid polygons", () => {
    // Their coordinates are of a plane, up to 500, so the ranges of longitude and latitude are left aside.
    const cases = readSample<{ name: string; geometry: Geometry; valid: boolean }[]>(
      folder,
      'jts/polygon-validity.json',
    );

    test('are all there', () => {
      expect(cases).toHaveLength(323);
    });

    test('are judged as JTS does, but for those listed with a reason', () => {
      const otherwise = cases
        .map(({ name, geometry, valid }) => ({ name, valid, ours: checkPlaneGeometry(geometry, 'g').kind }))
        .filter(({ valid, ours }) => (ours === 'ok') !== valid);
      console.info(`JTS validity: ${cases.length} cases, ${otherwise.length} judged otherwise`);
      expect(Object.fromEntries(otherwise.map(({ name, ours }) => [name, ours]))).toEqual(
        Object.fromEntries(Object.entries(OTHERWISE_THAN_JTS).map(([name, { ours }]) => [name, ours])),
      );
    });
  });

  describe('the zones of Almere', () => {
    const zones = readSample<{ data: { geofencing_zones: { features: { geometry: Geometry | null }[] } } }>(
      folder,
      'almere/geofencing_zones.json',
    ).data.geofencing_zones.features;
    const mopeds = readSample<{ data: { vehicles: { lat: number; lon: number }[] } }>(
      folder,
      'almere/vehicle_status.json',
    ).data.vehicles.map(({ lat, lon }): Position => [lon, lat]);
    const checked = zones.map(({ geometry }, i) => checkGeometry(geometry, `features/${i}/geometry`));
    const geometries = checked.flatMap((zone) => (zone.kind === 'ok' ? [zone.geometry] : []));
    const judges = geometries.map(jstsJudge);
    const index = buildZoneIndex(geometries);
    const byJsts = (position: Position): number[] =>
      [...judges.keys()].filter((k) => judges[k]!.locate(position) !== 'outside');

    test('14 are taken, and the two without geometry are refused by name', () => {
      expect(geometries).toHaveLength(14);
      expect(checked.filter(({ kind }) => kind === 'refused')).toEqual([
        expect.objectContaining({ code: 'geometry_missing', path: 'features/6/geometry' }),
        expect.objectContaining({ code: 'geometry_missing', path: 'features/7/geometry' }),
      ]);
    });

    test('hold the six mopeds as JSTS says, and none with latitude and longitude swapped', () => {
      expect(mopeds).toHaveLength(6);
      expect(mopeds.map((moped) => index.containing(moped))).toEqual(mopeds.map(byJsts));
      expect(mopeds.flatMap(byJsts).length).toBeGreaterThanOrEqual(6);
      expect(mopeds.flatMap(([lng, lat]) => index.containing([lat, lng]))).toEqual([]);
    });

    test('hold each of 5,000 random positions and all their own corners as JSTS says', () => {
      const random = seededRandom(14);
      const boxes = geometries.map(boundingBoxOf);
      const positions = Array.from({ length: 5_000 }, (_, i): Position => {
        const [west, south, east, north] = boxes[i % boxes.length]!;
        return [west + random() * (east - west), south + random() * (north - south)];
      });
      const corners = geometries.flatMap(({ coordinates }) => coordinates.flat(2));
      const differences = [...positions, ...corners].filter((p) => index.containing(p).join() !== byJsts(p).join());
      expect(differences).toEqual([]);
    });

    test('at 60,000 positions on, beside and around their edges, the index says what BigInt and flatbush with ray casting say', () => {
      const random = seededRandom(15);
      const [exact, flatbush] = [exactIndex(geometries), flatbushIndex(geometries)];
      const grid = buildCellGrid(packShapes(geometries));
      const rings = geometries.flatMap(({ coordinates }) => coordinates.flat());
      let probes = 0;
      const differences: unknown[] = [];
      while (probes < 60_000) {
        const ring = rings[Math.floor(random() * rings.length)]!;
        const edge = Math.floor(random() * (ring.length - 1));
        for (const position of awkwardPositions(ring, edge, grid, random)) {
          const answer = index.containing(position).join();
          const [judged, casted] = [exact(position).join(), flatbush.containing(position).join()];
          if (answer !== judged || answer !== casted) differences.push({ position, answer, judged, casted });
          probes += 1;
        }
      }
      console.info(`Almere: ${probes} probes, ${differences.length} told otherwise than by BigInt or flatbush`);
      expect(differences).toEqual([]);
    });
  });
}
