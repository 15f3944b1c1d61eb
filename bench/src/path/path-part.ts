import { barChart } from '../chart/bar-chart';
import { aPart, whole } from '../part';
import { benchPath, type PathBench, type Worker } from './bench-path';
import { SERVICES, type ServiceName } from './path-services';
import { pathTable } from './path-table';

/** `npm run bench -- path`. */
export const pathPart = aPart<PathBench>({
  name: 'path',
  help: 'which rate the whole path sustains, and how long an alert takes at 4,000/s (about 10 minutes; `--seconds 20` for a first look)',
  measure(flags, say) {
    const { profile } = flags;
    if (profile !== undefined && !Object.hasOwn(SERVICES, profile))
      throw new Error(`--profile ${profile}: not one of ${Object.keys(SERVICES).join(', ')}`);
    return benchPath({
      seconds: whole(flags.seconds, flags.quick ? 10 : 180),
      rate: whole(flags.rate, 20_000),
      tries: whole(flags.tries, flags.quick ? 1 : 3),
      parts: flags.part ?? ['latency', 'rate'],
      nodeFlags: flags['node-flag'] ?? [],
      profile: profile as ServiceName | undefined,
      say,
    });
  },
  table: pathTable,
  page: 'docs/performance.md',
  pictures({ rates }): Record<string, string> {
    const held = rates.at(-1);
    if (held === undefined) return {};
    return {
      'docs/performance/path.svg': barChart({
        title: `The whole path at ${held.offered.toLocaleString('en')} heartbeats a second: who works how much for one`,
        axis: 'CPU µs per heartbeat',
        series: ['until all of it was worked off'],
        bars: (Object.entries(held.cpuUs) as [Worker, number][]).map(([label, value]) => ({ label, value, series: 0 })),
      }),
    };
  },
  ratios({ rates, latency }) {
    const held = rates.at(-1);
    return [
      ...(held === undefined
        ? []
        : [
            { name: 'path.walBytesPerHeartbeat', value: held.walBytesPerHeartbeat, better: 'lower' as const },
            { name: 'path.hotShare', value: held.hotShare, better: 'higher' as const },
            {
              name: 'path.geofenceCpuOverIngestion',
              value: held.cpuUs.geofence / held.cpuUs.ingestion,
              better: 'lower' as const,
            },
          ]),
      ...(latency === undefined
        ? []
        : [{ name: 'path.alertP99OverGoal', value: latency.toAlert.p99Ms / 250, better: 'lower' as const }]),
    ];
  },
});
