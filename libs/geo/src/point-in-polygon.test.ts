import type { MultiPolygonCoordinates, PolygonCoordinates, Position } from './geometry';
import { locate, locateInPolygon, pointInMultiPolygon, pointInPolygon } from './point-in-polygon';
import { ring, square } from './testing/rings';

const park: PolygonCoordinates = [square(0, 0, 10), square(4, 4, 2)];
// A city shaped like an M, whose notches end in corners on the latitudes that are asked for.
const m: PolygonCoordinates = [ring([0, 0], [8, 0], [8, 6], [6, 2], [4, 6], [2, 2], [0, 6])];

describe('a position and a polygon', () => {
  test.each<[string, PolygonCoordinates, Position, 'inside' | 'boundary' | 'outside']>([
    ['in the middle of a park', park, [2, 5], 'inside'],
    ['beside the park', park, [12, 5], 'outside'],
    ['beside the park, on the latitude of its southern edge', park, [-1, 0], 'outside'],
    ['beside the park, on the latitude of its northern edge', park, [-1, 10], 'outside'],
    ['on a corner of the park', park, [10, 10], 'boundary'],
    ['on the southern edge', park, [5, 0], 'boundary'],
    ['on the northern edge', park, [5, 10], 'boundary'],
    ['on the eastern edge', park, [10, 5], 'boundary'],
    ['in the pond of the park', park, [5, 5], 'outside'],
    ['on the shore of the pond', park, [4, 5], 'boundary'],
    ['on a corner of the pond', park, [6, 6], 'boundary'],
    ['west of the pond, on the latitude of its corners', park, [1, 4], 'inside'],
    ['in a tooth, west of a notch that ends on its latitude', m, [1, 2], 'inside'],
    ['in the western notch', m, [2, 3], 'outside'],
    ['on the bottom of the western notch', m, [2, 2], 'boundary'],
    ['in the middle tooth, on the latitude of both notches', m, [4, 2], 'inside'],
    ['on the tip of the middle tooth', m, [4, 6], 'boundary'],
    ['between two tips, on their latitude', m, [2, 6], 'outside'],
    ['west of all tips, on their latitude', m, [-1, 6], 'outside'],
  ])('%s', (_name, polygon, position, where) => {
    expect(locateInPolygon(position, polygon)).toBe(where);
    expect(pointInPolygon(position, polygon)).toBe(where !== 'outside');
  });

  test('winding means nothing', () => {
    const reversed = park.map((r) => r.toReversed());
    for (const position of [
      [2, 5],
      [5, 5],
      [4, 5],
      [12, 5],
    ] as Position[]) {
      expect(locateInPolygon(position, reversed)).toBe(locateInPolygon(position, park));
    }
  });

  test('repeated positions change nothing', () => {
    const stuttering = park.map((r) => r.flatMap((position) => [position, position]));
    expect(locateInPolygon([2, 5], stuttering)).toBe('inside');
    expect(locateInPolygon([5, 5], stuttering)).toBe('outside');
    expect(locateInPolygon([10, 10], stuttering)).toBe('boundary');
  });

  test('an elevation is not looked at', () => {
    const high = square(0, 0, 10).map(([lng, lat]) => [lng, lat, 300] as unknown as Position);
    expect(pointInPolygon([5, 5], [high])).toBe(true);
  });

  test('a third of the way along an edge, a rounding to either side is told apart', () => {
    // No double lies on this edge at longitude 0.1: the two neighbours in latitude lie on its two sides.
    const wedge: PolygonCoordinates = [ring([0, 0], [0.3, 0.1], [0, 0.1])];
    const below = 0.1 / 3;
    const [south, north] = [below * (1 - 2 ** -52), below * (1 + 2 ** -52)];
    expect(pointInPolygon([0.1, south], wedge)).toBe(false);
    expect(pointInPolygon([0.1, north], wedge)).toBe(true);
  });

  test('beside a long edge, every position of the finest grid there is lies on its true side', () => {
    const wedge: PolygonCoordinates = [ring([-12, -12], [24, 24], [-12, 24])];
    // Near where equator and Greenwich meet, positions stand closer than differences to far corners can tell.
    const start = 2 ** -10;
    const step = 2 ** -62;
    const wrong: Position[] = [];
    for (let i = 0; i < 64; i += 1) {
      for (let k = 0; k < 64; k += 1) {
        const position: Position = [start + i * step, start + k * step];
        const where = position[1] === position[0] ? 'boundary' : position[1] > position[0] ? 'inside' : 'outside';
        if (locateInPolygon(position, wedge) !== where) wrong.push(position);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a position that is no number is nowhere', () => {
    expect(pointInPolygon([Number.NaN, 5], park)).toBe(false);
    expect(pointInPolygon([5, Number.NaN], park)).toBe(false);
  });
});

describe('a position and a shape of several parts', () => {
  const towns: MultiPolygonCoordinates = [[square(0, 0, 2)], [square(5, 0, 2)]];

  test('is in the shape when it is in one of the parts', () => {
    expect(pointInMultiPolygon([1, 1], towns)).toBe(true);
    expect(pointInMultiPolygon([6, 1], towns)).toBe(true);
    expect(pointInMultiPolygon([3, 1], towns)).toBe(false);
  });

  test('is in an island that lies in the hole of another part', () => {
    const lakeWithIsland: MultiPolygonCoordinates = [[square(0, 0, 10), square(2, 2, 6)], [square(4, 4, 2)]];
    expect(locate([5, 5], lakeWithIsland)).toBe('inside');
    expect(locate([3, 3], lakeWithIsland)).toBe('outside');
    expect(locate([4, 5], lakeWithIsland)).toBe('boundary');
  });

  test('is inside, not on the boundary, where the edge of one part runs through another', () => {
    expect(locate([2, 1], [[square(0, 0, 2)], [square(1, 0, 2)]])).toBe('inside');
  });

  test('is on the boundary where two parts touch', () => {
    expect(locate([2, 2], [[square(0, 0, 2)], [square(2, 2, 2)]])).toBe('boundary');
  });

  test('is not troubled by empty parts, empty holes and empty shapes', () => {
    expect(pointInMultiPolygon([1, 1], [[], [[]], [square(0, 0, 2), []]])).toBe(true);
    expect(locate([1, 1], [[], [[]]])).toBe('outside');
    expect(locate([0, 0], [])).toBe('outside');
  });
});
