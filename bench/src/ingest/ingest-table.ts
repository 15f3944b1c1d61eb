import type { IngestBench, OpenLoopFigures } from './bench-ingest';

/** The figures as the page shows them. */
export function ingestTable({ single, batch100, memory, goMemory, setting }: IngestBench): string {
  const cpu = (what: string, it: IngestBench['batch100'], goal: string) =>
    `| ${what} | ${it.cpuUs} | ${it.goCpuUs} | ${it.cpuRatioToGo} | ${goal} | ${Math.min(...it.ratios)}–${Math.max(...it.ratios)} | ${it.requestsPerSecond} | ${it.goRequestsPerSecond} |`;
  const open = (rate: string, it: OpenLoopFigures, goal: string) =>
    `| ${rate} | ${it.p50Ms} | ${it.p99Ms} | ${it.p999Ms} | ${goal} | ${it.goP50Ms} | ${it.goP99Ms} | ${it.goP999Ms} |`;
  return [
    `${setting}. Bare net/http in the same run: ${single.goEchoCpuUs} µs a request.`,
    '',
    '| | CPU µs | Go CPU µs | ratio | goal | spread | requests/s | Go requests/s |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    cpu('one heartbeat per POST, per request', single, '≤ 0.9'),
    cpu('batches of 100, per heartbeat', batch100, '≤ 0.8'),
    '',
    '| open loop, ms | p50 | p99 | p99.9 | goal p99 | Go p50 | Go p99 | Go p99.9 |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    open('5,000/s', single.at5k, '< 5'),
    open('20,000/s', single.at20k, '< 8'),
    '',
    `The highest rate with a p99 below 8 ms: ${held(single.rateBelow8Ms)}; Go ${held(single.goRateBelow8Ms)}.`,
    '',
    `After the load: private ${memory.privateMb.toFixed(0)} MB, RSS ${memory.rssMb.toFixed(0)} MB; Go ${goMemory.privateMb.toFixed(0)} and ${goMemory.rssMb.toFixed(0)} MB.`,
    '',
  ].join('\n');
}

function held(rate: number): string {
  return rate === 0 ? 'none of those tried' : `${rate.toLocaleString('en')}/s`;
}
