import { ImportNotes } from './import-notes';
import { readStation } from './read-station';
import { readName } from './read-zone';
import { isObject } from './read-zone-document';
import type { Station } from './station';
import type { StationImport, StationRefusalCode, StationWarningCode } from './station-import';
import { zoneName } from './zone-name';

/**
 * Which stations does this document hold? GBFS 2.x or 3.x `station_information`, with or without the feed around it, as parsed JSON. A station that
 * cannot be used is refused by itself, with a reason and a path; it never sinks its neighbours.
 */
export function importStations(document: unknown): StationImport {
  const notes = new ImportNotes<StationRefusalCode, StationWarningCode>();
  const content = isObject(document) && isObject(document.data) ? document.data : document;
  const given: unknown = isObject(content) ? content.stations : undefined;
  if (!Array.isArray(given)) {
    return notes.refusal('document_not_recognised', 'GBFS station_information has a list of stations', 'stations');
  }
  const stations = new Map<string, Station>();
  for (const [index, raw] of given.entries()) {
    const name = nameOf(raw);
    const read = readStation(raw, index, (...note) => notes.warn(...note, index, name));
    if (read.kind === 'refused') {
      notes.refuse(index, name, read.code, read.path, read.detail);
      continue;
    }
    const { station } = read;
    const earlier = stations.get(station.stationId);
    if (earlier) {
      const detail = `the id ${earlier.stationId} is taken by the station at ${earlier.index}, which is kept`;
      notes.refuse(index, name, 'station_id_repeated', `stations/${index}`, detail);
    } else stations.set(station.stationId, station);
  }
  if (stations.size === 0 && given.length > 0) {
    return notes.refusal('no_usable_station', `none of ${given.length} stations can be used`);
  }
  const definition = { format: 1, stations: [...stations.values()] } as const;
  return { kind: 'ok', definition, refused: notes.refused, warnings: notes.warnings };
}

// Told with every refusal, so it is read before anything else, and quietly.
function nameOf(raw: unknown): string | undefined {
  return isObject(raw) ? zoneName({ name: readName(raw.name, '', () => undefined) }) : undefined;
}
