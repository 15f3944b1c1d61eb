import { sleep } from './backoff';
import { Closers } from './closers';
import { ConfigError, type Environment } from './config';
import { explain } from './explain';
import { createHealth, type Health } from './health';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from './logger';
import { createMetrics, type Metrics } from './metrics';
import { startObservability } from './observability';

/** Signals that follow each other so quickly mean the same. */
const ONE_WISH_MS = 1_000;

/** From the signal to a hard exit, milliseconds; whoever ends us harder must wait longer. */
export const EXIT_WITHIN_MS = 25_000;

/** What a role is started with. */
export interface RoleContext {
  readonly env: Environment;
  /** The arguments after the role. */
  readonly argv: readonly string[];
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly closers: Closers;
  /** Aborts when closing begins: start-up and waiting loops end. Work that must be finished listens to its closer instead. */
  readonly signal: AbortSignal;
  /** The program can do no more: it says why, stops and exits 1. */
  fail(error: Error): void;
}

/** One thing a program can be. */
export interface Role {
  readonly help: string;
  /** What it is called in traces; `corral-` and the program's name when absent. */
  readonly service?: string;
  /** Settles once it runs; whatever it opened is in `closers`. */
  start(context: RoleContext): Promise<void>;
}

/** How a program behaves around its roles. */
export interface ProgramOptions {
  /** Between not ready and closing, so that balancers see it; deployed 5 s, embedded 0. `DRAIN_MS` overrides it. */
  readonly drainMs?: number;
  /** From the signal to a hard exit; {@link EXIT_WITHIN_MS} by default. */
  readonly exitWithinMs?: number;
  /** Takes the place of JSON lines on standard output at LOG_LEVEL. */
  readonly logger?: Logger;
}

/**
 * Runs the role named by the first argument until SIGTERM or SIGINT. Exit codes: 0 stopped, 1 could not start or failed (one line on
 * stderr per reason), 2 no such role. A second wish to stop exits at once with 1.
 */
export async function runProgram(
  name: string,
  roles: Readonly<Record<string, Role>>,
  options: ProgramOptions = {},
): Promise<void> {
  const { env } = process;
  const [wanted, ...argv] = process.argv.slice(2);
  const names = Object.keys(roles);
  const roleName = wanted ?? (names.length === 1 ? names[0]! : '');
  const role = Object.hasOwn(roles, roleName) ? roles[roleName] : undefined;
  if (!role) {
    process.stderr.write(usage(name, roles, wanted));
    return exit(2);
  }

  const logger =
    options.logger ?? createLogger({ name: roleName === name ? name : `${name} ${roleName}`, level: levelOf(env) });
  const health = createHealth();
  const closers = new Closers();
  const starting = new AbortController();
  let stopping: Promise<void> | undefined;

  function stop(code: number, drainMs: number): void {
    if (stopping) return;
    health.setStopping();
    setTimeout(() => {
      logger.error('stopping took too long');
      exit(1);
    }, options.exitWithinMs ?? EXIT_WITHIN_MS).unref();
    stopping = (async () => {
      if (drainMs > 0) await sleep(drainMs);
      starting.abort(new Error('stopping'));
      // A start under way may still be adding what it opened.
      await started;
      await closers.close(logger);
    })().then(
      () => exit(code),
      (error) => {
        logger.error({ err: error }, 'could not stop cleanly');
        exit(1);
      },
    );
  }

  function fail(error: Error): void {
    if (stopping) return;
    logger.error({ err: error }, explain(error));
    process.stderr.write(`${explain(error)}\n`);
    stop(1, 0);
  }

  let askedAt = 0;
  for (const kind of ['SIGTERM', 'SIGINT'] as const) {
    process.on(kind, () => {
      if (stopping) {
        // Ctrl-C reaches the whole group, and npm passes it on once more: that is one wish, not two.
        if (performance.now() - askedAt > ONE_WISH_MS) exit(1);
        return;
      }
      askedAt = performance.now();
      logger.info({ signal: kind }, 'stopping');
      // Nobody can be sent to a program that has not started, so there is nothing to drain.
      stop(0, running ? drainOf(env, options) : 0);
    });
  }
  process.on('uncaughtException', (error) => {
    logger.error({ err: error }, 'uncaught');
    exit(1);
  });
  process.on('unhandledRejection', (error) => {
    logger.error({ err: error }, 'unhandled rejection');
    exit(1);
  });

  let running = false;
  // Probes may be answered long before all is connected and listening.
  health.ready('start', () => (running ? undefined : 'starting'));
  const context = { env, argv, logger, health, metrics: createMetrics(), closers, signal: starting.signal, fail };
  const started = startRole(role, role.service ?? `corral-${name}`, context).then(
    () => {
      running = true;
    },
    async (error: unknown) => {
      if (starting.signal.aborted) return;
      const sentences = error instanceof ConfigError ? error.problems : [explain(error)];
      for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
      logger.debug({ err: error }, 'could not start');
      await closers.close(logger).catch(() => undefined);
      exit(1);
    },
  );
  await started;
}

async function startRole(role: Role, service: string, context: RoleContext): Promise<void> {
  // First, so that it is closed last: what the others do while they close is still told.
  await startObservability({ ...context, service });
  await role.start(context);
}

function usage(name: string, roles: Readonly<Record<string, Role>>, wanted: string | undefined): string {
  const width = Math.max(...Object.keys(roles).map((role) => role.length));
  const lines = Object.entries(roles).map(([role, { help }]) => `  ${role.padEnd(width)}  ${help}`);
  const why = wanted === undefined ? `${name} needs a role` : `${name} has no role ${JSON.stringify(wanted)}`;
  return `${why}; give one of\n${lines.join('\n')}\n`;
}

function levelOf(env: Environment): LogLevel {
  // The role's own config refuses a wrong one with a sentence; until then the default is good enough.
  return LOG_LEVELS.find((level) => level === env.LOG_LEVEL) ?? 'info';
}

function drainOf(env: Environment, options: ProgramOptions): number {
  const given = Number(env.DRAIN_MS || NaN);
  return Number.isFinite(given) && given >= 0 ? given : (options.drainMs ?? 5_000);
}

function exit(code: number): void {
  process.exit(code);
}
