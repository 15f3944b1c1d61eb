/** CPU time of this thread so far, user and system, milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The number in the middle, of an even count the upper one. Of none: NaN. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Several measurements of the same. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Their middle and their ends, to a thousandth. */
export function spread(numbers: readonly number[]): Spread {
  const to3 = (value: number) => Math.round(value * 1_000) / 1_000;
  return { median: to3(median(numbers)), least: to3(Math.min(...numbers)), most: to3(Math.max(...numbers)) };
}
