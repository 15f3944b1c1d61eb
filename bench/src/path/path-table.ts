import type { Latency, PathBench, RateFigures, Worker } from './bench-path';

/** The figures as the page shows them. */
export function pathTable({ sustainedPerSecond, rates, latency, memory, setting }: PathBench): string {
  const workers = Object.keys(rates[0]?.cpuUs ?? {}) as Worker[];
  const rate = (it: RateFigures) =>
    `| ${it.offered.toLocaleString('en')}/s for ${it.seconds} s | ${it.sustained ? 'yes' : 'no'} | ${it.processed.geofence} | ${it.processed.history} | ${it.watermarkAgeMs.geofence.join(' → ')} | ${it.watermarkAgeMs.history.join(' → ')} | ${it.catchUpPerSecond ? `${it.catchUpPerSecond.geofence ?? '–'} / ${it.catchUpPerSecond.history ?? '–'}` : ''} | ${it.postP99Ms} | ${it.walBytesPerHeartbeat} | ${percent(it.hotShare)} | ${percent(it.factsPerHeartbeat)} |`;
  const cpu = (it: RateFigures) =>
    `| ${it.offered.toLocaleString('en')}/s | ${workers.map((who) => `${it.cpuUs[who]} (${it.cpuPercent[who]} %)`).join(' | ')} |`;
  const memories = Object.entries(memory)
    .map(([name, { privateMb, rssMb }]) => `${name} ${privateMb.toFixed(0)} (${rssMb.toFixed(0)})`)
    .join(', ');
  return [
    `${setting}.`,
    '',
    `**Sustained: ${sustainedPerSecond.toLocaleString('en')} heartbeats/s** (goal ≥ 20,000).`,
    '',
    '| sent | sustained | geofence /s | history /s | watermark age, ms | of history | catching up, geofence / history | POST p99, ms | WAL bytes per heartbeat | HOT | facts |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rates.map(rate),
    '',
    `| CPU µs a heartbeat (share of a core) | ${workers.join(' | ')} |`,
    `| --- | ${workers.map(() => '---:').join(' | ')} |`,
    ...rates.map(cpu),
    '',
    ...(latency === undefined ? [] : latencyTable(latency)),
    `Private memory (RSS) after it, MB: ${memories}.`,
    '',
  ].join('\n');
}

function latencyTable({ offered, probes, toAlert, toWebhook }: NonNullable<PathBench['latency']>): string[] {
  const times = (what: string, it: Latency, goal: string) =>
    `| ${what} | ${it.p50Ms} | ${it.p99Ms} | ${it.maxMs} | ${goal} |`;
  return [
    `| 202 of the deciding heartbeat at ${offered.toLocaleString('en')}/s, ms (${probes} probes) | p50 | p99 | max | goal p99 |`,
    '| --- | ---: | ---: | ---: | ---: |',
    times('to the commit of the alert', toAlert, '< 250'),
    times('to the first byte of the webhook', toWebhook, '< 500'),
    '',
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
