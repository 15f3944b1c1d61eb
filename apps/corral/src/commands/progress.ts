/** A line on standard error that is rewritten as work goes on; on a pipe, a line every ten seconds. */
export interface Progress {
  /** Shows this text, at most ten times a second. */
  show(text: string): void;
  /** Ends the line. */
  end(): void;
}

/** Progress on standard error, so that standard output stays the result. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr, now: () => number = Date.now): Progress {
  const pauseMs = stream.isTTY ? 100 : 10_000;
  let shownAt = now();
  let open = false;
  return {
    show(text) {
      if (now() - shownAt < pauseMs) return;
      shownAt = now();
      stream.write(stream.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
      open = stream.isTTY;
    },
    end() {
      if (open) stream.write('\n');
      open = false;
    },
  };
}
