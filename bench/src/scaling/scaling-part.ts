import { lineChart } from '../chart/line-chart';
import { aPart, whole, type Ratio } from '../part';
import { benchScaling, type CostsBySize, type HeartbeatCost, type ScalingBench } from './bench-scaling';

const WHO: readonly (keyof HeartbeatCost)[] = ['ingestion', 'geofence', 'history', 'postgres'];

/** `npm run bench -- scaling`. */
export const scalingPart = aPart<ScalingBench>({
  name: 'scaling',
  help: 'CPU per heartbeat with one and two ingestion workers, 1 to 48 partitions, 1,000 to 200,000 vehicles, 100 to 100,000 zones, 1 to 30 days of history (about 9 minutes, 3 GB)',
  measure: (flags, say) => {
    const sizes = (part: string, all: readonly number[]) => (flags.part?.includes(part) === false ? [] : all);
    return benchScaling({
      seconds: whole(flags.seconds, flags.quick ? 3 : 8),
      workers: sizes('workers', [1, 2]),
      partitions: sizes('partitions', flags.quick ? [1, 48] : [1, 4, 16, 48]),
      vehicles: sizes('vehicles', flags.quick ? [1_000, 20_000] : [1_000, 20_000, 200_000]),
      days: sizes('days', flags.quick ? [1, 7] : [1, 7, 30]),
      zones: sizes('zones', flags.quick ? [100, 10_000] : [100, 1_000, 10_000, 100_000]),
      say,
    });
  },
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
  ratios: ({ workers, partitions, vehicles, days, zones }) => [
    ...lastToFirst(
      'workers.ingestion',
      workers.map(([, { cpuUs }]) => cpuUs),
    ),
    ...growth('partitions', partitions),
    ...growth('vehicles', vehicles),
    ...growth('days', days),
    ...lastToFirst(
      'zones.engine',
      zones.map(([, us]) => us),
    ),
  ],
});

function growth(of: string, costs: CostsBySize): Ratio[] {
  return WHO.flatMap((who) =>
    lastToFirst(
      `${of}.${who}`,
      costs.map(([, cost]) => cost[who]),
    ),
  );
}

/** The cost at the largest size over that at the smallest: 1 is flat. Of none there is none. */
function lastToFirst(of: string, costs: readonly number[]): Ratio[] {
  const [first, last] = [costs[0], costs.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [{ name: `scaling.${of}`, value: last / first, better: 'lower' }];
}

function costChart(title: string, label: string, costs: CostsBySize): string {
  return lineChart({
    title,
    x: { label, places: costs.map(([size]) => size) },
    y: 'CPU µs per heartbeat',
    series: WHO.map((who) => ({ name: who, points: costs.map(([size, cost]) => [size, cost[who]] as const) })),
  });
}

function scalingTable({ workers, partitions, vehicles, days, zones, setting }: ScalingBench): string {
  const costs = (what: string, all: CostsBySize) => [
    `| ${what} | ${WHO.join(' | ')} |`,
    `| ---: | ${WHO.map(() => '---:').join(' | ')} |`,
    ...all.map(([size, cost]) => `| ${size.toLocaleString('en')} | ${WHO.map((who) => cost[who]).join(' | ')} |`),
    '',
  ];
  return [
    '| ingestion workers | CPU µs a request | requests/s | p99 ms | private MB |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...workers.map(
      ([count, it]) => `| ${count} | ${it.cpuUs} | ${it.requestsPerSecond} | ${it.p99Ms} | ${it.privateMb} |`,
    ),
    '',
    'Single heartbeats over 64 busy connections; the process that starts the workers is counted with them.',
    '',
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
