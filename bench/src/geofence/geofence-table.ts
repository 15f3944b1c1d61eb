import type { GeofenceBench } from './bench-geofence';

/** What is promised, CPU ns per fix by the number of zones. */
export const GEOFENCE_GOALS: Readonly<Record<number, number>> = { 100: 100, 10_000: 500, 100_000: 2_000 };
const HEADS = [
  'zones',
  'vertices',
  'zones per fix',
  'ns per fix',
  'goal',
  'flatbush + ray casting',
  'ratio',
  'build ms',
  'bytes per zone',
  'distance to edge, ns',
  'without leaving out',
  'whole engine, ns per fix',
];

/** The figures as a Markdown table, as it stands in docs/performance.md. */
export function geofenceTable({ figures, rows }: GeofenceBench): string {
  const cells = rows.map(
    ({ zones, vertices, zonesPerFix, nsPerDistance, plainNsPerDistance, engineNsPerFix, figures: f }) => [
      ...[zones, vertices].map(grouped),
      zonesPerFix.toFixed(2),
      grouped(f.nsPerFix),
      GEOFENCE_GOALS[zones] === undefined ? '' : `< ${grouped(GEOFENCE_GOALS[zones])}`,
      grouped(f.flatbushNsPerFix),
      `${f.ratio} ×`,
      ...[f.buildMs, f.bytesPerZone, nsPerDistance, plainNsPerDistance, engineNsPerFix].map(grouped),
    ],
  );
  const lines = [HEADS, HEADS.map(() => '---:'), ...cells].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n\nFixes a second, from 500 to 10,000 zones: ${figures.dropFrom500To10000Percent} % fewer through the whole engine, ${figures.containmentDropFrom500To10000Percent} % fewer of containment alone.\n`;
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}
