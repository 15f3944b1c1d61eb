/** Aborts at the first Ctrl-C or SIGTERM, so that a long command ends with its summary; a second one ends the process as usual. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('stopped')));
  return stop.signal;
}
