import { importZones, type ZoneImport, type ZoneImportOptions, type ZoneSetDefinition } from '@corral/domain';

/** What was made of a zone file: an import as it is stored, or why there is none. Plain data, so that it can be posted by a thread. */
export type ZoneFileRead =
  | { readonly kind: 'not_json' }
  /** JSON, and no object; `value` is of its kind. */
  | { readonly kind: 'no_object'; readonly value: unknown }
  | Extract<ZoneImport, { kind: 'refused' }>
  | StorableZones;

/** Zones as they are stored: what is known of them, and the definition written as JSON in UTF-8. */
export interface StorableZones extends Pick<Extract<ZoneImport, { kind: 'ok' }>, 'kind' | 'refused' | 'warnings'> {
  readonly origin: ZoneSetDefinition['origin'];
  readonly profile: ZoneSetDefinition['profile'];
  readonly zones: number;
  readonly definition: Uint8Array;
}

/** Reads a zone file as it was sent: JSON in UTF-8, its zones checked one by one, and written as they are stored. */
export function readZoneFile(bytes: Uint8Array, options: ZoneImportOptions): ZoneFileRead {
  let value: unknown;
  try {
    // Strict: what is not UTF-8 would otherwise be stored with replacement characters nobody sent.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { kind: 'not_json' };
  }
  if (Array.isArray(value)) return { kind: 'no_object', value: [] };
  if (typeof value !== 'object' || value === null) return { kind: 'no_object', value };
  const imported = importZones(value, options);
  if (imported.kind === 'refused') return imported;
  const { definition, refused, warnings } = imported;
  const { origin, profile, zones } = definition;
  const text = new TextEncoder().encode(JSON.stringify(definition));
  return { kind: 'ok', origin, profile, zones: zones.length, refused, warnings, definition: text };
}
