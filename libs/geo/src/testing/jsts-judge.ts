import SimplePointInAreaLocator from 'jsts/org/locationtech/jts/algorithm/locate/SimplePointInAreaLocator.js';
import Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';
import GeometryFactory from 'jsts/org/locationtech/jts/geom/GeometryFactory.js';
import GeoJSONReader from 'jsts/org/locationtech/jts/io/GeoJSONReader.js';
import IsValidOp from 'jsts/org/locationtech/jts/operation/valid/IsValidOp.js';
import type { Geometry, Position } from '../geometry';

// JTS's numbers for where a position is (Location.java).
const WHERE = ['inside', 'boundary', 'outside'] as const;

/** JSTS, the JavaScript port of JTS, asked about one geometry: an implementation of other people. */
export function jstsJudge(geometry: Geometry): {
  locate(position: Position): 'inside' | 'boundary' | 'outside';
  isValid(): boolean;
} {
  const area = new GeoJSONReader(new GeometryFactory()).read(geometry);
  return {
    locate: ([lng, lat]) => WHERE[SimplePointInAreaLocator.locate(new Coordinate(lng, lat), area) as 0 | 1 | 2],
    isValid: () => new IsValidOp(area).isValid(),
  };
}
