import { isIP } from 'node:net';
import { formatDuration, parseDuration } from './duration';

/** What a text of the environment turned out to be: a value, or what it should have been. */
export type Parsed<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'refused'; readonly wanted: string };

/** One variable of the environment: what it means, how it is read, and what holds without it. */
export interface Setting<T> {
  readonly kind: string;
  /** One sentence for the operator; it stands in `.env.example` and the README. */
  readonly description: string;
  readonly required: boolean;
  /** What to say when a required one is missing, if that is more than "must be set". */
  readonly missing: ((isSet: (name: string) => boolean) => string) | undefined;
  /** What holds when it is not set; undefined for none. */
  readonly fallback: T;
  /** How the fallback would be written in the environment. */
  readonly defaultText: string | undefined;
  /** A secret's value is never shown, not even when refused. */
  readonly secret: boolean;
  parse(text: string): Parsed<T>;
}

/** What every kind of setting is told. */
export interface SettingOptions<T> {
  readonly description: string;
  readonly default?: T;
  /** Refuse to start without it. */
  readonly required?: boolean;
  /** The sentence for when a required one is missing; it may depend on what else is set. */
  readonly missing?: (isSet: (name: string) => boolean) => string;
}

type Read<T, O> = O extends { readonly default: T } ? T : O extends { readonly required: true } ? T : T | undefined;

/** Any text, or one of a few words. */
export function text<const Word extends string = string, const O extends SettingOptions<Word> = SettingOptions<Word>>(
  options: O & { readonly oneOf?: readonly Word[]; readonly minLength?: number },
): Setting<Read<Word, O>> {
  return setting<Word, O>('text', options, (given) => {
    if (options.oneOf && !(options.oneOf as readonly string[]).includes(given))
      return refused(`one of ${options.oneOf.join(', ')}`);
    if (given.length < (options.minLength ?? 0)) return refused(`at least ${options.minLength} characters`);
    return ok(given as Word);
  });
}

/** A text that is never shown. */
export function secret<const O extends SettingOptions<string>>(
  options: O & { readonly minLength?: number; readonly refuse?: readonly string[] },
): Setting<Read<string, O>> {
  const plain = setting<string, O>('secret', options, (given) => {
    if (given.length < (options.minLength ?? 1)) return refused(`at least ${options.minLength} characters`);
    if (options.refuse?.includes(given)) return refused('a secret of your own, not one from an example');
    return ok(given);
  });
  return { ...plain, secret: true };
}

/** A whole number within bounds. */
export function integer<const O extends SettingOptions<number>>(
  options: O & { readonly min?: number; readonly max?: number },
): Setting<Read<number, O>> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const wanted =
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`;
  return setting<number, O>('integer', options, (given) => {
    const value = /^[+-]?\d+$/.test(given) ? Number(given) : NaN;
    return value >= min && value <= max ? ok(value) : refused(wanted);
  });
}

/** A TCP port; 0 lets the system choose. */
export function port<const O extends SettingOptions<number>>(options: O): Setting<Read<number, O>> {
  return setting<number, O>('port', options, (given) => {
    const value = /^\d+$/.test(given) ? Number(given) : NaN;
    return value >= 0 && value <= 65535 ? ok(value) : refused('a port number from 0 to 65535');
  });
}

/** A URL of one of the given protocols (`postgres:`). */
export function url<const O extends SettingOptions<string>>(
  options: O & { readonly protocols?: readonly string[]; readonly example?: string },
): Setting<Read<string, O>> {
  const wanted = options.example ? `a URL such as ${options.example}` : 'a URL';
  return setting<string, O>('url', options, (given) => {
    if (!URL.canParse(given)) return refused(wanted);
    return !options.protocols || options.protocols.includes(new URL(given).protocol) ? ok(given) : refused(wanted);
  });
}

/** A duration in milliseconds, written in ISO 8601 (`P7D`) or short (`10s`). */
export function duration<const O extends SettingOptions<number>>(
  options: O & { readonly minMs?: number; readonly maxMs?: number },
): Setting<Read<number, O>> {
  const { minMs = 0, maxMs = Number.MAX_SAFE_INTEGER } = options;
  const bounds =
    (minMs > 0 ? `, at least ${formatDuration(minMs)}` : '') +
    (maxMs < Number.MAX_SAFE_INTEGER ? `, at most ${formatDuration(maxMs)}` : '');
  return setting<number, O>(
    'duration',
    options,
    (given) => {
      const ms = parseDuration(given);
      return ms !== undefined && ms >= minMs && ms <= maxMs
        ? ok(ms)
        : refused(`a duration such as P7D, PT10S or 10s${bounds}`);
    },
    formatDuration,
  );
}

/** Words separated by commas; spaces around them do not count. */
export function list<const O extends SettingOptions<readonly string[]>>(
  options: O & { readonly each?: (item: string) => string | undefined },
): Setting<Read<readonly string[], O>> {
  return setting<readonly string[], O>(
    'list',
    options,
    (given) => {
      const items = given.split(',').map((item) => item.trim());
      const wrong = items
        .map((item) => (item === '' ? 'a list of words separated by commas' : options.each?.(item)))
        .find(Boolean);
      return wrong ? refused(wrong) : ok(items);
    },
    (items) => items.join(','),
  );
}

/** Networks separated by commas, each an address with a prefix length (`10.0.0.0/8`, `fd00::/8`). */
export function cidrList<const O extends SettingOptions<readonly string[]>>(
  options: O,
): Setting<Read<readonly string[], O>> {
  const plain = list<O & { each: (item: string) => string | undefined }>({
    ...options,
    each: (item: string) => (isCidr(item) ? undefined : 'networks such as 10.0.0.0/8 or fd00::/8, separated by commas'),
  });
  return { ...plain, kind: 'cidrList' } as Setting<Read<readonly string[], O>>;
}

/** `on` or `off`. */
export function flag<const O extends SettingOptions<boolean>>(options: O): Setting<Read<boolean, O>> {
  return setting<boolean, O>(
    'flag',
    options,
    (given) => {
      if (['on', 'true', '1'].includes(given.toLowerCase())) return ok(true);
      if (['off', 'false', '0'].includes(given.toLowerCase())) return ok(false);
      return refused('on or off');
    },
    (value) => (value ? 'on' : 'off'),
  );
}

function setting<T, O extends SettingOptions<T>>(
  kind: string,
  options: O,
  parse: (text: string) => Parsed<T>,
  write: (value: T) => string = String,
): Setting<Read<T, O>> {
  return {
    kind,
    description: options.description,
    required: options.required ?? false,
    missing: options.missing,
    fallback: options.default as Read<T, O>,
    defaultText: options.default === undefined ? undefined : write(options.default),
    secret: false,
    parse: parse as (text: string) => Parsed<Read<T, O>>,
  };
}

function ok<T>(value: T): Parsed<T> {
  return { kind: 'ok', value };
}

function refused(wanted: string): Parsed<never> {
  return { kind: 'refused', wanted };
}

function isCidr(item: string): boolean {
  const [address = '', prefix = '', ...rest] = item.split('/');
  const version = isIP(address);
  return rest.length === 0 && version !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}
