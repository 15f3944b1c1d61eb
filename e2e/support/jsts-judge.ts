import GeometryFactory from 'jsts/org/locationtech/jts/geom/GeometryFactory.js';
import Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';
import GeoJSONReader from 'jsts/org/locationtech/jts/io/GeoJSONReader.js';
import RelateOp from 'jsts/org/locationtech/jts/operation/relate/RelateOp.js';

/** An independent judge: the indices of the features that cover a point `[lng, lat]`, by JSTS, the port of JTS. */
export function zonesByJsts(
  features: readonly { geometry: object | null }[],
  [lng, lat]: readonly [number, number],
): number[] {
  const factory = new GeometryFactory();
  const point = factory.createPoint(new Coordinate(lng, lat));
  return features.flatMap((feature, index) => {
    if (feature.geometry === null) return [];
    return RelateOp.covers(new GeoJSONReader(factory).read(feature.geometry), point) ? [index] : [];
  });
}
