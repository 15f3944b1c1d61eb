import type { Geometry, Position } from '@corral/geo';
import type { LocalisedName } from './zone-set';

/** A station as GBFS `station_information` gives it. Coordinates are exactly those of the file. */
export interface Station {
  readonly stationId: string;
  /** Its position in the file, refused ones counted. */
  readonly index: number;
  readonly name?: LocalisedName;
  /** The significant coordinate; absent only where there is an area. */
  readonly position?: Position;
  /** `station_area`: where it comes before zones for starting and ending a ride. */
  readonly area?: Geometry;
  /** Every other field of the station, kept for export. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The stations of a fleet, as stored: plain JSON, immutable once versioned. */
export interface StationSetDefinition {
  /** The grammar of this stored value, so that later code can read earlier sets. */
  readonly format: 1;
  readonly stations: readonly Station[];
}
