import { readFileSync } from 'node:fs';
import { maskPasswords } from './mask-passwords';
import type { Setting } from './setting';

/** The variables a program reads, by name. */
export type ConfigSpec = Readonly<Record<string, Setting<unknown>>>;

/** What a spec reads as: the same names with parsed values. */
export type ConfigOf<Spec extends ConfigSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends Setting<infer Value> ? Value : never;
};

/** The environment as given, `process.env` or a test's. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A rule over several settings: looked at once each of `of` could be read; answers the sentence that says what is wrong. */
export interface ConfigRule<Spec extends ConfigSpec> {
  readonly of: readonly (keyof Spec & string)[];
  check(config: ConfigOf<Spec>): string | undefined;
}

/** The environment cannot be used; one sentence per problem, each naming its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Helps the types of a spec along; it is returned as it is. */
export function defineConfig<const Spec extends ConfigSpec>(spec: Spec): Spec {
  return spec;
}

/**
 * The environment, read once. `NAME_FILE` may name a file that holds the value; an empty value is none.
 * @throws ConfigError with all problems together
 */
export function readConfig<Spec extends ConfigSpec>(
  spec: Spec,
  env: Environment,
  rules: readonly ConfigRule<Spec>[] = [],
): ConfigOf<Spec> {
  const config: Record<string, unknown> = {};
  const problems = new Map<string, string>();
  for (const [name, setting] of Object.entries(spec)) {
    const read = readSetting(name, setting, env);
    if (read.kind === 'ok') config[name] = read.value;
    else problems.set(name, read.problem);
  }
  const broken = rules
    .filter((rule) => !rule.of.some((name) => problems.has(name)))
    .map((rule) => rule.check(config as ConfigOf<Spec>))
    .filter((problem) => problem !== undefined);
  const all = [...problems.values(), ...broken];
  if (all.length > 0) throw new ConfigError(all);
  return config as ConfigOf<Spec>;
}

/** A setting as documentation shows it. */
export interface SettingDescription {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly required: boolean;
  readonly secret: boolean;
  readonly default?: string;
}

/** The spec as rows for `.env.example`, the README's table and the chart. */
export function describeConfig(spec: ConfigSpec): readonly SettingDescription[] {
  return Object.entries(spec).map(([name, { kind, description, required, secret, defaultText }]) => ({
    name,
    kind,
    description,
    required,
    secret,
    ...(defaultText === undefined ? {} : { default: defaultText }),
  }));
}

type SettingRead = { kind: 'ok'; value: unknown } | { kind: 'refused'; problem: string };

function readSetting(name: string, setting: Setting<unknown>, env: Environment): SettingRead {
  const given = textOf(name, env);
  if (given.kind === 'refused') return given;
  if (given.value === undefined) {
    if (setting.required) return { kind: 'refused', problem: sayMissing(name, setting, env) };
    return { kind: 'ok', value: setting.fallback };
  }
  const parsed = setting.parse(given.value);
  if (parsed.kind === 'ok') return parsed;
  const shown = setting.secret ? 'the value given (which is not shown)' : JSON.stringify(maskPasswords(given.value));
  return { kind: 'refused', problem: `${name} must be ${parsed.wanted}, not ${shown}` };
}

function sayMissing(name: string, setting: Setting<unknown>, env: Environment): string {
  const isSet = (other: string) => Boolean(env[other] || env[`${other}_FILE`]);
  return setting.missing?.(isSet) ?? `${name} must be set (or ${name}_FILE): ${setting.description}`;
}

type TextRead = { kind: 'ok'; value: string | undefined } | { kind: 'refused'; problem: string };

function textOf(name: string, env: Environment): TextRead {
  const direct = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (file === undefined) return { kind: 'ok', value: direct?.trim() };
  if (direct !== undefined)
    return { kind: 'refused', problem: `${name} and ${name}_FILE are both set: give one of them` };
  try {
    return { kind: 'ok', value: readFileSync(file, 'utf8').trim() || undefined };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return { kind: 'refused', problem: `${name}_FILE names ${JSON.stringify(file)}, which cannot be read (${reason})` };
  }
}
