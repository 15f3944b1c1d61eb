import { barChart, type Bar } from '../chart/bar-chart';
import { aPart, whole, type Ratio } from '../part';
import { SERVICES } from '../rig/services';
import { benchFootprint, type FootprintBench } from './bench-footprint';
import { FOOTPRINT_GOALS, footprintTable } from './footprint-table';

/** `npm run bench -- footprint`. */
export const footprintPart = aPart<FootprintBench>({
  name: 'footprint',
  help: 'start of each service as its image starts it, to its first 200; memory idle and under load (about 4 minutes)',
  measure: (flags, say) =>
    benchFootprint({
      rounds: whole(flags.rounds, flags.quick ? 2 : 7),
      seconds: whole(flags.seconds, flags.quick ? 5 : 20),
      nodeFlags: flags['node-flag'] ?? [],
      say,
    }),
  table: footprintTable,
  page: 'docs/performance.md',
  pictures: (figures) => ({
    'docs/performance/start.svg': startChart(figures),
    'docs/performance/memory.svg': memoryChart(figures),
  }),
  ratios: ({ services, bareNode }) =>
    SERVICES.flatMap((name): Ratio[] => [
      {
        name: `footprint.${name}.liveCpuOverBareNode`,
        value: services[name].warm.liveCpuMs.median / bareNode.liveCpuMs.median,
        better: 'lower',
      },
      {
        name: `footprint.${name}.readyCpuOverBareNode`,
        value: services[name].warm.readyCpuMs.median / bareNode.liveCpuMs.median,
        better: 'lower',
      },
      {
        name: `footprint.${name}.idleOverBareNode`,
        value: services[name].idle.privateMb / bareNode.idle.privateMb,
        better: 'lower',
      },
      {
        name: `footprint.${name}.underLoadOverBareNode`,
        value: services[name].underLoad.privateMb / bareNode.idle.privateMb,
        better: 'lower',
      },
    ]),
});

function startChart({ services, bareNode }: FootprintBench): string {
  return barChart({
    title: 'From spawn to the first 200, with the compile cache of the image',
    axis: 'milliseconds, median',
    series: ['/livez', '/readyz'],
    bars: [
      { label: 'bare node:http', value: bareNode.liveMs.median, series: 0 },
      ...SERVICES.flatMap((name): Bar[] => [
        { label: name, value: services[name].warm.liveMs.median, series: 0, goal: FOOTPRINT_GOALS.startMs },
        { label: '', value: services[name].warm.readyMs.median, series: 1 },
      ]),
    ],
  });
}

function memoryChart({ services, bareNode }: FootprintBench): string {
  const { privateMb, geofenceUnderLoadMb } = FOOTPRINT_GOALS;
  const loadGoals: Record<string, { goal: number }> = {
    ingestion: { goal: privateMb },
    geofence: { goal: geofenceUnderLoadMb },
  };
  return barChart({
    title: 'Private memory of each process',
    axis: 'MB',
    series: ['idle', 'under load'],
    bars: [
      { label: 'bare node:http', value: bareNode.idle.privateMb, series: 0 },
      ...SERVICES.flatMap((name): Bar[] => [
        { label: name, value: services[name].idle.privateMb, series: 0, goal: privateMb },
        { label: '', value: services[name].underLoad.privateMb, series: 1, ...loadGoals[name] },
      ]),
    ],
  });
}
