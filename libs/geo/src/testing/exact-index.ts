import { boundingBoxOfPolygon, insideBox } from '../bounding-box';
import { partsOf, type Geometry, type Position } from '../geometry';
import { exactJudge } from './exact-judge';

/** What `ZoneIndex.containing` should answer, by asking the exact judge about every part whose box holds the position. */
export function exactIndex(shapes: readonly Geometry[]): (position: Position) => number[] {
  const judges = shapes.map((shape) =>
    partsOf(shape).map((polygon) => ({ box: boundingBoxOfPolygon(polygon), judge: exactJudge(polygon) })),
  );
  return (position) =>
    [...judges.keys()].filter((shape) =>
      judges[shape]!.some(({ box, judge }) => insideBox(position, box) && judge(...position) !== 'outside'),
    );
}
