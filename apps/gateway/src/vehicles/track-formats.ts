import { sayTime } from '@corral/contracts/http';
import { sayTrackRow, type TrackRow } from './track-rows';

/** How a track is written as a file: what comes first, each point, what comes last. */
export interface TrackFormat {
  readonly type: string;
  readonly extension: string;
  /** Reports without a position have no place in it. */
  readonly onlyFixes: boolean;
  begin(vehicleId: string): string;
  /** `first`: no point came before. */
  point(row: TrackRow, first: boolean): string;
  readonly end: string;
}

const CSV_FIELDS = [
  'vehicleId',
  'measuredAt',
  'at',
  'receivedAt',
  'source',
  'flags',
  'lat',
  'lng',
  'accuracyM',
  'speedMps',
  'headingDeg',
  'altitudeM',
  'batteryPercent',
  'state',
  'tripId',
  'bootId',
  'sequence',
  'vehicleTypeId',
] as const satisfies readonly (keyof ReturnType<typeof sayTrackRow>)[];

/** The formats a track can be taken away in. */
export const TRACK_FORMATS: Readonly<Record<'geojson' | 'gpx' | 'csv', TrackFormat>> = {
  geojson: {
    type: 'application/geo+json; charset=utf-8',
    extension: 'geojson',
    onlyFixes: true,
    begin: () => '{"type":"FeatureCollection","features":[',
    point(row, first) {
      const { lat, lng, altitudeM, ...properties } = sayTrackRow(row);
      const coordinates = altitudeM === undefined ? [lng, lat] : [lng, lat, altitudeM];
      const feature = { type: 'Feature', geometry: { type: 'Point', coordinates }, properties };
      return (first ? '' : ',') + JSON.stringify(feature);
    },
    end: ']}',
  },
  gpx: {
    type: 'application/gpx+xml; charset=utf-8',
    extension: 'gpx',
    onlyFixes: true,
    begin: (vehicleId) =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Corral" xmlns="http://www.topografix.com/GPX/1/1">\n' +
      `<trk><name>${escapeXml(vehicleId)}</name><trkseg>\n`,
    point(row) {
      const elevation = row.altitude_m === null ? '' : `<ele>${row.altitude_m}</ele>`;
      return `<trkpt lat="${row.lat}" lon="${row.lng}">${elevation}<time>${sayTime(row.measured_at)}</time></trkpt>\n`;
    },
    end: '</trkseg></trk>\n</gpx>\n',
  },
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    onlyFixes: false,
    begin: () => `${CSV_FIELDS.join(',')}\r\n`,
    point(row) {
      const said = sayTrackRow(row);
      return `${CSV_FIELDS.map((field) => csvCell(said[field])).join(',')}\r\n`;
    },
    end: '',
  },
};

/** RFC 4180; and a cell that a spreadsheet would run as a formula is told to be text. */
function csvCell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeXml(text: string): string {
  // XML 1.0 has no way at all to write control characters.
  return text
    .replaceAll(/[&<>"']/g, (character) => XML_ENTITIES[character]!)
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
}
