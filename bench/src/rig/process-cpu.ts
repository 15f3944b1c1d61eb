import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says that a process has used so far, all of its threads together. */
export interface ProcessorTime {
  readonly userMs: number;
  readonly systemMs: number;
}

/** Milliseconds in a tick of /proc: USER_HZ is 100 on every Linux there is. */
const TICK_MS = 10;

/** Processor time of a process, to 10 ms. Throws when it has gone. */
export function processorTime(pid: number): ProcessorTime {
  const fields = statOf(pid);
  return { userMs: Number(fields[11]) * TICK_MS, systemMs: Number(fields[12]) * TICK_MS };
}

function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** User and system time together, milliseconds. */
export function cpuOf(pid: number): number {
  const { userMs, systemMs } = processorTime(pid);
  return userMs + systemMs;
}

/** User and system time of a process and of all that it ever started and that has ended or is its child now, milliseconds. */
export function cpuOfFamily(pid: number): number {
  const own = statOf(pid);
  const [userOfEnded, systemOfEnded] = [Number(own[13]) * TICK_MS, Number(own[14]) * TICK_MS];
  let sum = userOfEnded + systemOfEnded;
  for (const each of familyOf(pid)) {
    try {
      sum += cpuOf(each);
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

/** A process and its children as they are now. */
export function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
}

/** What a process holds in memory, megabytes. */
export interface Memory {
  readonly rssMb: number;
  /** Of it what no other process has: what it costs to run one more. A page of Node's own file counts here while nobody else has read it. */
  readonly privateMb: number;
}

/** Memory of a process as it is now. */
export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN);
  return { rssMb: kb('Rss') / 1024, privateMb: (kb('Private_Clean') + kb('Private_Dirty')) / 1024 };
}

/** Time that all threads of a process have been on a core so far, milliseconds, to the microsecond: finer than {@link cpuOf}, of living threads only. */
export function onCoreMs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
