import { SERVICES } from '../rig/services';
import type { FootprintBench, StartFigures } from './bench-footprint';
import type { Memory } from '../rig/process-cpu';
import type { Spread } from '../cpu-time';

/** What DESIGN promises. */
export const FOOTPRINT_GOALS = { startMs: 100, privateMb: 45, geofenceUnderLoadMb: 80 } as const;

/** The figures as the page shows them. */
export function footprintTable({ services, bareNode, zones, load, setting }: FootprintBench): string {
  const start = (name: string, kind: string, it: StartFigures) =>
    `| ${name} | ${kind} | ${ends(it.liveMs)} | < ${FOOTPRINT_GOALS.startMs} | ${ends(it.readyMs)} | ${it.liveCpuMs.median.toFixed(0)} | ${it.readyCpuMs.median.toFixed(0)} |`;
  const memory = (name: string, state: string, it: Memory, goal: string) =>
    `| ${name} | ${state} | ${it.privateMb.toFixed(0)} | ${goal} | ${it.rssMb.toFixed(0)} |`;
  const idleGoal = `≤ ${FOOTPRINT_GOALS.privateMb}`;
  return [
    `${setting}. Milliseconds from spawn: median (least–most).`,
    '',
    '| start | compile cache | /livez 200 | goal | /readyz 200 | CPU ms until live | until ready |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    `| bare node:http |  | ${ends(bareNode.liveMs)} |  |  | ${bareNode.liveCpuMs.median.toFixed(0)} |  |`,
    ...SERVICES.flatMap((name) => [start(name, 'warm', services[name].warm), start(name, 'none', services[name].cold)]),
    '',
    `Memory with ${zones} zones, left alone and then under ${load.singlesPerSecond} heartbeats a second sent one by one, ${load.batchedPerSecond} in batches of 100 (the most seen, looked at twice a second):`,
    '',
    '| MB | | private | goal | RSS |',
    '| --- | --- | ---: | ---: | ---: |',
    memory('bare node:http', 'idle', bareNode.idle, ''),
    ...SERVICES.flatMap((name) => [
      memory(name, 'idle', services[name].idle, idleGoal),
      memory(name, 'load', services[name].underLoad, loadGoalOf(name)),
    ]),
    '',
  ].join('\n');
}

function loadGoalOf(name: string): string {
  if (name === 'ingestion') return `≤ ${FOOTPRINT_GOALS.privateMb}`;
  return name === 'geofence' ? `≤ ${FOOTPRINT_GOALS.geofenceUnderLoadMb}` : '';
}

function ends({ median, least, most }: Spread): string {
  return `${median.toFixed(0)} (${least.toFixed(0)}–${most.toFixed(0)})`;
}
