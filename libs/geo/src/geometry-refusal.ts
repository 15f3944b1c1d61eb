/** Why a geometry was refused, as a word. The word is also the metric and what a client may branch on. */
export type GeometryRefusalCode =
  | 'geometry_missing'
  | 'geometry_type_unsupported'
  | 'geometry_empty'
  | 'coordinates_invalid'
  | 'position_invalid'
  | 'longitude_out_of_range'
  | 'latitude_out_of_range'
  | 'ring_too_short'
  | 'ring_not_closed'
  | 'antimeridian_crossing'
  | 'ring_no_area'
  | 'spike'
  | 'ring_self_intersection'
  | 'rings_cross'
  | 'hole_outside_shell'
  | 'holes_nested'
  | 'interior_disconnected'
  | 'parts_overlap'
  | 'too_many_vertices'
  | 'too_many_rings'
  | 'too_many_parts'
  | 'too_complex';

/** A geometry that is not taken: why (a word), where (`features/6/geometry/coordinates/0/0/3`), and a sentence for a person. */
export interface GeometryRefusal {
  readonly kind: 'refused';
  readonly code: GeometryRefusalCode;
  /** Part, ring and position are counted as in the coordinates that came. An edge is named by the position it starts at. */
  readonly path: string;
  readonly detail: string;
  /** The value that was refused, where there is one that fits on a line. */
  readonly value?: unknown;
}

/** The geometry is refused, because … */
export function refused(code: GeometryRefusalCode, path: string, detail: string, value?: unknown): GeometryRefusal {
  return value === undefined ? { kind: 'refused', code, path, detail } : { kind: 'refused', code, path, detail, value };
}
