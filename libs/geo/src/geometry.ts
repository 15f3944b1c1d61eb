/** A place on the map in GeoJSON order, degrees of WGS 84. A third number (elevation) may be there at run time; it is kept and never read. */
export type Position = readonly [lng: number, lat: number];

/** A closed line of positions: the last repeats the first. Winding means nothing. */
export type Ring = readonly Position[];

/** The shell first, then its holes. */
export type PolygonCoordinates = readonly Ring[];

/** The parts of one shape. Their union is what is meant; a part may be empty. */
export type MultiPolygonCoordinates = readonly PolygonCoordinates[];

/** A surface as GeoJSON writes it (RFC 7946): straight edges in longitude and latitude. */
export type Geometry =
  | { readonly type: 'Polygon'; readonly coordinates: PolygonCoordinates }
  | { readonly type: 'MultiPolygon'; readonly coordinates: MultiPolygonCoordinates };

/** Are the two the same place? Elevations do not count. */
export function samePlace(a: Position, b: Position): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** Which parts does the geometry have? A Polygon is a MultiPolygon of one. The coordinates are those given, not a copy. */
export function partsOf(geometry: Geometry): MultiPolygonCoordinates {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}
