import type { GeometryRefusalCode } from '@corral/geo';
import type { Imported, ImportRemark } from './import-notes';
import type { StationSetDefinition } from './station';

/** Why a station, or the whole document, is refused, as a word. The list is open. */
export type StationRefusalCode =
  | GeometryRefusalCode
  | 'document_not_recognised'
  | 'no_usable_station'
  | 'position_missing'
  | 'property_invalid'
  | 'station_id_invalid'
  | 'station_id_repeated'
  | 'station_invalid';

/** What was taken although it is not as it should be, as a word. The list is open. */
export type StationWarningCode = 'name_invalid' | 'position_missing' | 'station_area_not_multipolygon' | 'warnings_cut';

/** A station that is left out. */
export type RefusedStation = ImportRemark<StationRefusalCode> & { readonly index: number };

/** Something a person should know about what was taken. */
export type StationWarning = ImportRemark<StationWarningCode>;

/** What a file of stations holds. A file without stations is one; a file of which none can be used is `refused` as a whole. */
export type StationImport = Imported<StationSetDefinition, StationRefusalCode, StationWarningCode>;
