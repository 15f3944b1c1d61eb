import { parseDuration } from '@corral/runtime';
import { InvalidArgumentError } from 'commander';

/** Prints a result for people, or all of it as JSON. */
export function say(json: boolean, value: object, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

/** A line about what is going on, beside the result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Ctrl-C ends the work in good order, so that its closing counts are still said. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new Error('interrupted')));
  return controller.signal;
}

/** Reads a whole number. */
export function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

/** Reads a whole number of at least 1. */
export function positive(text: string): number {
  if (whole(text) === 0) throw new InvalidArgumentError('at least 1');
  return Number(text);
}

/** Reads a share from 0 to below 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('a share from 0 to below 1, such as .1');
  return value;
}

/** Reads a duration such as `10s`; answers milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('a duration, such as 10s or 5m');
  return ms;
}
