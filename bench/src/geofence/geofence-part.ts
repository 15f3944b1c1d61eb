import { lineChart } from '../chart/line-chart';
import { aPart, whole, type Ratio } from '../part';
import { benchGeofence, type GeofenceBench, type GeofenceFigures } from './bench-geofence';
import { GEOFENCE_GOALS, geofenceTable } from './geofence-table';

/** The figures that are promised, and those the table tells beside them. */
type Figures = GeofenceFigures & Pick<GeofenceBench, 'rows'>;

/** `npm run bench -- geofence`. */
export const geofencePart = aPart<Figures>({
  name: 'geofence',
  help: 'ns per fix of the zone index beside flatbush + ray casting, at 100, 500, 10,000 and 100,000 zones (about a minute, 2 GB)',
  async measure(flags, say) {
    const { figures, rows } = benchGeofence(whole(flags.rounds, flags.quick ? 3 : 9), say);
    return { ...figures, rows };
  },
  table: ({ rows, ...figures }) => geofenceTable({ figures, rows }),
  page: 'docs/performance.md',
  pictures: ({ rows }) => ({
    'docs/performance/geofence.svg': lineChart({
      title: 'Which zones contain a position, and all that a fix decides',
      x: { label: 'zones', places: rows.map(({ zones }) => zones) },
      y: 'CPU ns per fix',
      series: [
        { name: 'zone index', points: rows.map(({ zones, figures }) => [zones, figures.nsPerFix]) },
        { name: 'whole engine', points: rows.map(({ zones, engineNsPerFix }) => [zones, engineNsPerFix]) },
        { name: 'flatbush + ray casting', points: rows.map(({ zones, figures }) => [zones, figures.flatbushNsPerFix]) },
        {
          name: 'goal of the index',
          goal: true,
          points: Object.entries(GEOFENCE_GOALS).map(([zones, ns]) => [Number(zones), ns]),
        },
      ],
    }),
  }),
  ratios: ({ rows }) =>
    rows.flatMap(({ zones, figures, engineNsPerFix }): Ratio[] => [
      { name: `geofence.zones${zones}.ratio`, value: figures.ratio, better: 'higher' },
      {
        name: `geofence.zones${zones}.engineOverFlatbush`,
        value: engineNsPerFix / figures.flatbushNsPerFix,
        better: 'lower',
      },
    ]),
});
