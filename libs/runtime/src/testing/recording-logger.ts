import { createLogger, type Logger } from '../logger';

/** A real logger whose lines are kept, parsed, for a test to look at. */
export function recordingLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { logger: createLogger({ name: 'test', level: 'debug', destination }), lines };
}
