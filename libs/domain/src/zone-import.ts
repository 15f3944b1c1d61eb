import type { GeometryRefusalCode } from '@corral/geo';
import type { Imported, ImportRemark } from './import-notes';
import type { QuietProfile } from './quiet';
import type { ZoneSetDefinition } from './zone-set';

/** Why a zone, or the whole document, is refused, as a word. The list is open. */
export type ZoneRefusalCode =
  | GeometryRefusalCode
  | 'document_not_recognised'
  | 'no_usable_zone'
  | 'feature_invalid'
  | 'property_invalid'
  | 'zone_id_invalid'
  | 'zone_id_repeated'
  | 'rule_invalid'
  | 'silence_limit_invalid'
  | 'time_invalid';

/** What was taken although it is not as it should be, as a word. The list is open. */
export type ZoneWarningCode =
  | 'gbfs2_field_honoured'
  | 'gbfs3_field_honoured'
  | 'global_rules_ignored'
  | 'id_property_missing'
  | 'name_invalid'
  | 'quiet_ignored'
  | 'rule_field_null'
  | 'rule_field_unknown'
  | 'time_form_unexpected'
  | 'vehicle_type_ids_empty'
  | 'version_unknown'
  | 'warnings_cut';

/** A zone that is left out. */
export type RefusedZone = ImportRemark<ZoneRefusalCode> & { readonly index: number };

/** Something a person should know about what was taken. */
export type ZoneWarning = ImportRemark<ZoneWarningCode>;

/** What a file of zones holds. `refused` as a whole when nothing in it can be used, or its global rules cannot. */
export type ZoneImport = Imported<ZoneSetDefinition, ZoneRefusalCode, ZoneWarningCode>;

/** How a file is read. */
export interface ZoneImportOptions {
  /** The property of a feature whose value is the zone's id. */
  readonly idProperty?: string;
  /** As the file says, else `confirmed`. */
  readonly profile?: QuietProfile;
}

/** Why something in a file cannot be read. */
export interface ImportRefusal {
  readonly kind: 'refused';
  readonly code: ZoneRefusalCode;
  readonly path: string;
  readonly detail: string;
}

/** It cannot be read, because … */
export function refusedImport(code: ZoneRefusalCode, path: string, detail: string): ImportRefusal {
  return { kind: 'refused', code, path, detail };
}

/** Called with each thing a person should know. */
export type Warn = (code: ZoneWarningCode, path: string, detail: string) => void;
