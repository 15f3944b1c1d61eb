import { lineChart } from '../chart/line-chart';
import { aPart, whole, type Ratio } from '../part';
import { benchScaling, type CostsBySize, type HeartbeatCost, type ScalingBench } from './bench-scaling';

const WHO: readonly (keyof HeartbeatCost)[] = ['ingestion', 'geofence', 'history', 'postgres'];

/** `npm run bench -- scaling`. */
export const scalingPart = aPart<ScalingBench>({
  name: 'scaling',
  help: 'CPU per heartbeat with 1 to 48 partitions, 1,000 to 200,000 vehicles, 100 to 100,000 zones, 1 to 30 days of history (about 8 minutes, 3 GB)',
  measure: (flags, say) =>
    benchScaling({
      seconds: whole(flags.seconds, flags.quick ? 3 : 8),
      partitions: flags.quick ? [1, 48] : [1, 4, 16, 48],
      vehicles: flags.quick ? [1_000, 20_000] : [1_000, 20_000, 200_000],
      days: flags.quick ? [1, 7] : [1, 7, 30],
      zones: flags.quick ? [100, 10_000] : [100, 1_000, 10_000, 100_000],
      say,
    }),
  table: scalingTable,
  page: 'docs/performance.md',
  pictures: ({ partitions, vehicles, days, zones }) => ({
    'docs/performance/scaling-partitions.svg': costChart(
      'What a heartbeat costs as partitions grow',
      'partitions',
      partitions,
    ),
    'docs/performance/scaling-vehicles.svg': costChart(
      'What a heartbeat costs as the fleet grows',
      'vehicles',
      vehicles,
    ),
    'docs/performance/scaling-days.svg': costChart('What a heartbeat costs as history grows', 'days of history', days),
    'docs/performance/scaling-zones.svg': lineChart({
      title: 'What a fix costs as zones grow',
      x: { label: 'zones', places: zones.map(([size]) => size) },
      y: 'CPU µs per fix',
      series: [{ name: 'whole engine', points: zones }],
    }),
  }),
  ratios: ({ partitions, vehicles, days, zones }) => [
    ...growth('partitions', partitions),
    ...growth('vehicles', vehicles),
    ...growth('days', days),
    { name: 'scaling.zones.engine', value: zones.at(-1)![1] / zones[0]![1], better: 'lower' },
  ],
});

/** The cost at the largest size over that at the smallest: 1 is flat. */
function growth(of: string, costs: CostsBySize): Ratio[] {
  const [smallest, largest] = [costs[0]![1], costs.at(-1)![1]];
  return WHO.map((who) => ({ name: `scaling.${of}.${who}`, value: largest[who] / smallest[who], better: 'lower' }));
}

function costChart(title: string, label: string, costs: CostsBySize): string {
  return lineChart({
    title,
    x: { label, places: costs.map(([size]) => size) },
    y: 'CPU µs per heartbeat',
    series: WHO.map((who) => ({ name: who, points: costs.map(([size, cost]) => [size, cost[who]] as const) })),
  });
}

function scalingTable({ partitions, vehicles, days, zones, setting }: ScalingBench): string {
  const costs = (what: string, all: CostsBySize) => [
    `| ${what} | ${WHO.join(' | ')} |`,
    `| ---: | ${WHO.map(() => '---:').join(' | ')} |`,
    ...all.map(([size, cost]) => `| ${size.toLocaleString('en')} | ${WHO.map((who) => cost[who]).join(' | ')} |`),
    '',
  ];
  return [
    `CPU µs a heartbeat. ${setting}.`,
    '',
    ...costs('partitions', partitions),
    ...costs('vehicles', vehicles),
    ...costs('days of history', days),
    '| zones | whole engine, µs a fix |',
    '| ---: | ---: |',
    ...zones.map(([size, us]) => `| ${size.toLocaleString('en')} | ${us} |`),
    '',
  ].join('\n');
}
