export {
  partsOf,
  type Geometry,
  type MultiPolygonCoordinates,
  type PolygonCoordinates,
  type Position,
  type Ring,
} from './geometry';
export { locate, pointInMultiPolygon, pointInPolygon, type Location } from './point-in-polygon';
export { checkGeometry, type CheckedGeometry, type GeometryLimits } from './check-geometry';
export type { GeometryRefusal, GeometryRefusalCode } from './geometry-refusal';
export { boundingBoxOf, insideBox, type BoundingBox } from './bounding-box';
export { boxAround } from './box-around';
export { distanceToEdgeM, metresPerDegreeAt, shortWayRound } from './distance-to-edge';
export { haversineM } from './haversine';
export { buildZoneIndex, buildZoneIndexInPieces, type Crossing, type ZoneIndex } from './zone-index';
export { packShapes, type PackedShapes } from './packed-shapes';
export { startCellGrid, type CellGridBuild } from './build-cell-grid';
export type { CellGrid, CellLevel } from './cell-grid';
export { cellGridIndex } from './cell-grid-index';
