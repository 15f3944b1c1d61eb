import type { Print } from './add-commands';
import type { ApiClient } from './api-client';
import { readNdjson, type NdjsonLine } from './ndjson';
import { createProgress } from './progress';
import { replayLines, type ReplayOptions } from './replay';

/** `corral replay`: one file after the other; answers whether every line was accepted. */
export async function replayCommand(
  api: ApiClient,
  files: readonly string[],
  options: ReplayOptions,
  print: Print,
): Promise<boolean> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('stopped')));
  const progress = createProgress();
  const total = { lines: 0, accepted: 0, rejected: 0, resends: 0 };
  const startedAt = Date.now();
  for (const file of files) {
    const summary = await replayLines(
      api,
      readNdjson(file, stop.signal) as AsyncIterable<NdjsonLine>,
      options,
      {
        refuse: (line, code, detail) => process.stderr.write(`${file}:${line}: ${code}: ${detail}\n`),
        progress: (now) => progress.show(`${file}: ${now.accepted} accepted, ${now.rejected} rejected`),
      },
      stop.signal,
    );
    total.lines += summary.lines;
    total.accepted += summary.accepted;
    total.rejected += summary.rejected;
    total.resends += summary.resends;
  }
  progress.end();
  const seconds = (Date.now() - startedAt) / 1_000;
  print(
    { ...total, seconds },
    `${total.accepted} heartbeats accepted, ${total.rejected} rejected, ${total.resends} batches sent again, in ${seconds.toFixed(1)} s`,
  );
  return total.rejected === 0;
}
