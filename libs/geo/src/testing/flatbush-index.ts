import Flatbush from 'flatbush';
import { boundingBoxOfPolygon } from '../bounding-box';
import { distanceToEdgeM } from '../distance-to-edge';
import { partsOf, type Geometry } from '../geometry';
import { pointInPolygon } from '../point-in-polygon';
import type { ZoneIndex } from '../zone-index';
import { flatbushCrossings } from './flatbush-crossings';

/**
 * The plain way to answer what `buildZoneIndex` answers, its oracle in tests and its opponent in the bench: a packed R-tree
 * (flatbush) over the boxes of the parts leaves few candidates, and each is asked exactly by `pointInPolygon`.
 */
export function flatbushIndex(shapes: readonly Geometry[]): ZoneIndex {
  const parts = shapes.flatMap((shape, index) =>
    partsOf(shape)
      .filter(([shell]) => shell !== undefined && shell.length > 0)
      .map((polygon) => ({ polygon, index })),
  );
  const distance: ZoneIndex['distanceToEdgeM'] = (shape, position) =>
    distanceToEdgeM(position, partsOf(shapes[shape]!));
  const { crossedBetween } = flatbushCrossings(shapes);
  // flatbush throws on zero items.
  if (parts.length === 0)
    return { size: shapes.length, bytes: 0, containing: () => [], distanceToEdgeM: distance, crossedBetween };

  const tree = new Flatbush(parts.length);
  for (const { polygon } of parts) tree.add(...boundingBoxOfPolygon(polygon));
  tree.finish();

  return {
    size: shapes.length,
    bytes: tree.data.byteLength,
    distanceToEdgeM: distance,
    crossedBetween,
    containing(position) {
      const [lng, lat] = position;
      const found: number[] = [];
      // The filter does the work and keeps nothing, so that flatbush gathers no list of its own.
      tree.search(lng, lat, lng, lat, (item) => {
        const { polygon, index } = parts[item]!;
        if (!found.includes(index) && pointInPolygon(position, polygon)) found.push(index);
        return false;
      });
      return found.sort((a, b) => a - b);
    },
  };
}
