import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, defineConfig, describeConfig, readConfig, type Environment } from './config';
import { eventLogSettings, KAFKA_WITHOUT_DATABASE, processSettings } from './service-settings';
import { cidrList, duration, flag, integer, list, port, secret, text, url } from './setting';

const spec = defineConfig({
  PORT: port({ default: 8080, description: 'Where to listen.' }),
  LEVEL: text({ oneOf: ['info', 'debug'], default: 'info', description: 'How much is logged.' }),
  WORKERS: integer({ min: 1, max: 8, description: 'How many at once.' }),
  AGE: duration({ default: 1_000, minMs: 1_000, description: 'How old.' }),
  DATABASE_URL: url({
    required: true,
    protocols: ['postgres:'],
    example: 'postgres://db/corral',
    description: 'Where the database is.',
  }),
  ORIGINS: list({ default: [], description: 'Who may ask.' }),
  PRIVATE: cidrList({ description: 'Which networks.' }),
  FAST: flag({ default: true, description: 'Whether to hurry.' }),
  TOKEN_SECRET: secret({ minLength: 8, refuse: ['changeme'], description: 'The secret.' }),
});
const DATABASE_URL = 'postgres://u:p@db/corral';

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(spec, { DATABASE_URL, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('reading the environment', () => {
  test('what is given is parsed, the rest has its default', () => {
    const env = {
      DATABASE_URL,
      PORT: '0',
      AGE: 'PT10S',
      ORIGINS: 'https://a.example, https://b.example',
      FAST: 'off',
      PRIVATE: '10.0.0.0/8,fd00::/8',
    };
    expect(readConfig(spec, env)).toEqual({
      PORT: 0,
      LEVEL: 'info',
      WORKERS: undefined,
      AGE: 10_000,
      DATABASE_URL,
      ORIGINS: ['https://a.example', 'https://b.example'],
      PRIVATE: ['10.0.0.0/8', 'fd00::/8'],
      FAST: false,
      TOKEN_SECRET: undefined,
    });
  });

  test.each([
    [{ PORT: '80x' }, 'PORT must be a port number from 0 to 65535, not "80x"'],
    [{ PORT: '65536' }, 'PORT must be a port number from 0 to 65535, not "65536"'],
    [{ LEVEL: 'loud' }, 'LEVEL must be one of info, debug, not "loud"'],
    [{ WORKERS: '9' }, 'WORKERS must be a whole number from 1 to 8, not "9"'],
    [{ WORKERS: '1.5' }, 'WORKERS must be a whole number from 1 to 8, not "1.5"'],
    [{ AGE: 'soon' }, 'AGE must be a duration such as P7D, PT10S or 10s, at least PT1S, not "soon"'],
    [{ AGE: '10ms' }, 'AGE must be a duration such as P7D, PT10S or 10s, at least PT1S, not "10ms"'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL must be set (or DATABASE_URL_FILE): Where the database is.'],
    [{ DATABASE_URL: 'mysql://db/x' }, 'DATABASE_URL must be a URL such as postgres://db/corral, not "mysql://db/x"'],
    [
      { DATABASE_URL: 'mysql://me:hunter2@db/x' },
      'DATABASE_URL must be a URL such as postgres://db/corral, not "mysql://me:***@db/x"',
    ],
    [{ ORIGINS: 'a,,b' }, 'ORIGINS must be a list of words separated by commas, not "a,,b"'],
    [
      { PRIVATE: '10.0.0.0' },
      'PRIVATE must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, not "10.0.0.0"',
    ],
    [
      { PRIVATE: '10.0.0.0/33' },
      'PRIVATE must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, not "10.0.0.0/33"',
    ],
    [{ FAST: 'maybe' }, 'FAST must be on or off, not "maybe"'],
    [{ TOKEN_SECRET: 'short' }, 'TOKEN_SECRET must be at least 8 characters, not the value given (which is not shown)'],
    [
      { TOKEN_SECRET: 'changeme' },
      'TOKEN_SECRET must be a secret of your own, not one from an example, not the value given (which is not shown)',
    ],
    [{ PORT_FILE: '/nowhere/port' }, 'PORT_FILE names "/nowhere/port", which cannot be read (ENOENT)'],
    [{ PORT: '1', PORT_FILE: '/nowhere/port' }, 'PORT and PORT_FILE are both set: give one of them'],
  ])('%j is refused with one sentence', (env, sentence) => expect(problemsOf(env as Environment)).toEqual([sentence]));

  test('all problems are told together', () => {
    expect(problemsOf({ PORT: 'x', FAST: 'x', DATABASE_URL: undefined })).toHaveLength(3);
  });

  test('a value may lie in a file, whose last line end does not count', () => {
    const folder = mkdtempSync(join(tmpdir(), 'corral-config-'));
    try {
      writeFileSync(join(folder, 'token'), 'a long secret\n');
      const config = readConfig(spec, { DATABASE_URL, TOKEN_SECRET_FILE: join(folder, 'token') });
      expect(config.TOKEN_SECRET).toBe('a long secret');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a rule over several settings speaks once each of them could be read', () => {
    const rules = [{ of: ['PORT', 'WORKERS'] as const, check: () => 'too many workers for that port' }];
    expect(() => readConfig(spec, { DATABASE_URL, PORT: '1' }, rules)).toThrow('too many workers');
    expect(() => readConfig(spec, { DATABASE_URL, PORT: 'x' }, rules)).toThrow(/^PORT must be [^\n]*$/);
  });

  test('a spec describes itself for the documentation, without a default for what has none', () => {
    expect(describeConfig(spec)[0]).toEqual({
      name: 'PORT',
      kind: 'port',
      description: 'Where to listen.',
      required: false,
      secret: false,
      default: '8080',
    });
    expect(describeConfig(spec).find(({ name }) => name === 'TOKEN_SECRET')).not.toHaveProperty('default');
    expect(describeConfig(spec).find(({ name }) => name === 'PRIVATE')).toMatchObject({ kind: 'cidrList' });
  });
});

describe('the settings every service shares', () => {
  const shared = { ...processSettings, ...eventLogSettings };

  test('Kafka without PostgreSQL is refused with one sentence that says what to do', () => {
    expect(() => readConfig(shared, { KAFKA_BROKERS: 'kafka:9092' })).toThrow(
      new ConfigError([KAFKA_WITHOUT_DATABASE]),
    );
  });

  test('brokers are host and port', () => {
    expect(readConfig(shared, { DATABASE_URL, KAFKA_BROKERS: 'a:9092, [::1]:9093' }).KAFKA_BROKERS).toEqual([
      'a:9092',
      '[::1]:9093',
    ]);
    expect(() => readConfig(shared, { DATABASE_URL, KAFKA_BROKERS: 'a' })).toThrow(
      'KAFKA_BROKERS must be brokers as host:port, separated by commas, not "a"',
    );
  });
});
