import { barChart } from '../chart/bar-chart';
import { aPart, whole, type Ratio } from '../part';
import { imageCommand } from '../rig/image-command';
import { benchIngest, type IngestBench, type IngestOptions } from './bench-ingest';
import { ingestTable } from './ingest-table';

const [SINGLE_GOAL, BATCH_GOAL] = [0.9, 0.8];

/** `npm run bench -- ingest`. */
export const ingestPart = aPart<IngestBench>({
  name: 'ingest',
  help: "CPU per heartbeat from POST to 202 after Kafka's acks=all, and p99 at fixed rates, beside the Go reference (about 6 minutes)",
  measure: (flags, say) =>
    benchIngest({
      rounds: whole(flags.rounds, flags.quick ? 2 : 5),
      seconds: whole(flags.seconds, flags.quick ? 2 : 5),
      pinned: flags['no-pin'] !== true,
      nodeFlags: [...imageCommand().nodeFlags, ...(flags['node-flag'] ?? [])],
      goLinger: flags['go-linger'] ?? '0s',
      parts: (flags.part ?? ['single', 'batch100', 'open']) as IngestOptions['parts'],
      say,
    }),
  table: ingestTable,
  page: 'docs/performance.md',
  pictures: ({ single, batch100 }) => ({
    'docs/performance/ingest.svg': barChart({
      title: 'From POST to 202, beside the service in Go',
      axis: 'CPU µs',
      series: ['Corral', 'Go'],
      bars: [
        { label: 'one a POST, per request', value: single.cpuUs, series: 0, goal: SINGLE_GOAL * single.goCpuUs },
        { label: '', value: single.goCpuUs, series: 1 },
        {
          label: 'batches of 100, per heartbeat',
          value: batch100.cpuUs,
          series: 0,
          goal: BATCH_GOAL * batch100.goCpuUs,
        },
        { label: '', value: batch100.goCpuUs, series: 1 },
      ],
    }),
    'docs/performance/ingest-latency.svg': barChart({
      title: 'Open loop: p99 from when a request was due to its 202',
      axis: 'milliseconds',
      series: ['Corral', 'Go'],
      bars: [
        { label: '5,000/s', value: single.p99Ms5k, series: 0, goal: 5 },
        { label: '', value: single.goP99Ms5k, series: 1 },
        { label: '20,000/s', value: single.p99Ms20k, series: 0, goal: 8 },
        { label: '', value: single.goP99Ms20k, series: 1 },
      ],
    }),
  }),
  ratios: ({ single, batch100 }): Ratio[] => [
    { name: 'ingest.single.cpuRatioToGo', value: single.cpuRatioToGo, better: 'lower' },
    { name: 'ingest.batch100.cpuRatioToGo', value: batch100.cpuRatioToGo, better: 'lower' },
    { name: 'ingest.single.p99RatioToGoAt5k', value: single.p99Ms5k / single.goP99Ms5k, better: 'lower' },
  ],
});
