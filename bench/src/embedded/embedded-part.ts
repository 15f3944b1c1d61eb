import { barChart } from '../chart/bar-chart';
import { aPart, whole } from '../part';
import { benchEmbedded, type EmbeddedBench, type HeldRate } from './bench-embedded';

/** `npm run bench -- embedded`. */
export const embeddedPart = aPart<EmbeddedBench>({
  name: 'embedded',
  help: '`corral up`, everything in one process: which rate it sustains, and p99 of single heartbeats at 1,000/s (about 3 minutes)',
  measure: (flags, say) =>
    benchEmbedded({ seconds: whole(flags.seconds, flags.quick ? 6 : 20), rate: whole(flags.rate, 16_000), say }),
  table: embeddedTable,
  page: 'docs/performance.md',
  pictures: ({ rates }) => ({
    'docs/performance/embedded.svg': barChart({
      title: 'Everything in one process: what a heartbeat costs',
      axis: 'CPU µs per heartbeat, in batches of 100',
      series: ['corral', 'its PostgreSQL'],
      bars: rates.flatMap(({ offered, cpuUs, postgresCpuUs, sustained }) => [
        { label: `${offered.toLocaleString('en')}/s${sustained ? '' : ' (not held)'}`, value: cpuUs, series: 0 },
        { label: '', value: postgresCpuUs, series: 1 },
      ]),
    }),
  }),
  ratios: ({ single, rates }) => [
    { name: 'embedded.singleCpuOverPostgres', value: single.cpuUs / single.postgresCpuUs, better: 'lower' },
    ...rates.slice(-1).map(({ cpuUs }) => ({
      name: 'embedded.batchCpuOverSingle',
      value: cpuUs / single.cpuUs,
      better: 'lower' as const,
    })),
  ],
});

function embeddedTable({ sustainedPerSecond, rates, single, firstStartMs, memory }: EmbeddedBench): string {
  const row = (it: HeldRate) =>
    `| ${it.offered.toLocaleString('en')}/s | ${it.sustained ? 'yes' : 'no'} | ${it.answeredPerSecond.toLocaleString('en')} | ${it.watermarkAgeMs.join(' → ')} | ${it.postP99Ms} | ${it.cpuUs} | ${it.postgresCpuUs} |`;
  return [
    `**Sustained: ${sustainedPerSecond.toLocaleString('en')} heartbeats/s** in batches of 100, without zones, of 2,000 vehicles.`,
    '',
    '| sent | sustained | answered /s | watermark age, ms | POST p99, ms | CPU µs a heartbeat | of its PostgreSQL |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rates.map(row),
    '',
    `One heartbeat a POST at ${single.perSecond.toLocaleString('en')}/s: p50 ${single.p50Ms} ms, p99 ${single.p99Ms} ms, p99.9 ${single.p999Ms} ms; CPU ${single.cpuUs} µs, of its PostgreSQL ${single.postgresCpuUs} µs.`,
    `From spawn to ready with a new data folder: ${firstStartMs} ms. Memory after the load: private ${memory.privateMb.toFixed(0)} MB, RSS ${memory.rssMb.toFixed(0)} MB.`,
    '',
  ].join('\n');
}
