import type pino from 'pino';
import { maskPasswords } from './mask-passwords';
import { traceFields } from './tracer';

/** A level of the log, from chatty to quiet. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Says one thing: fields first, then a message for people. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** What everybody logs with. ERROR: somebody must act. WARN: it healed, or is degraded. INFO: the state changed. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  child(fields: Record<string, unknown>): Logger;
}

/** How a logger is made. */
export interface LoggerOptions {
  /** The program or its part, in every line as `name`. */
  readonly name: string;
  readonly level?: LogLevel;
  /** Where lines go; standard output when absent. */
  readonly destination?: { write(line: string): void };
}

const SECRET_FIELDS = ['authorization', 'cookie', 'secret', 'password', 'token', 'apiKey', 'refreshToken'];
// A position is a person's whereabouts as soon as the bike is rented.
const WHEREABOUTS_FIELDS = ['lat', 'lng', 'position', 'coordinates'];
const HIDDEN_FIELDS = [...SECRET_FIELDS, ...WHEREABOUTS_FIELDS];

/**
 * A logger of JSON lines. Secrets, passwords in URLs and positions are hidden, wherever they stand up to two levels deep. A line written while a span
 * is at work names its trace.
 */
export function createLogger(options: LoggerOptions): Logger {
  let made: Logger | undefined;
  // Made with the first line: it takes 10 ms, and probes are answered before there is one.
  const logger = () => (made ??= makeLogger(options));
  const method =
    (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
    (...said: [string | object, string?]) =>
      logger()[level](...(said as [object, string?]));
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => logger().child(fields),
  };
}

function makeLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be a promise
  const pino = require('pino') as typeof import('pino');
  const options: pino.LoggerOptions = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceFields,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    // The whole line: drivers put URLs into messages, stacks and fields alike.
    hooks: { streamWrite: maskPasswords },
    redact: {
      paths: HIDDEN_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[hidden]',
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
