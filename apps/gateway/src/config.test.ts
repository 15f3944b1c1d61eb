import { ConfigError } from '@corral/runtime';
import { readGatewayConfig } from './config';

const GOOD = { DATABASE_URL: 'postgres://corral@db/corral', CORRAL_TOKEN_SECRET: 'a secret of thirty-two characters' };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readGatewayConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('what is needed is a database and a secret; the rest has defaults', () => {
  expect(readGatewayConfig(GOOD)).toMatchObject({
    PORT: 8080,
    CORRAL_CORS_ORIGINS: [],
    CORRAL_WEBHOOK_ALLOW_PRIVATE: [],
  });
});

test.each([
  [{ CORRAL_BOOTSTRAP_API_KEY: 'short' }, 'CORRAL_BOOTSTRAP_API_KEY'],
  [{ CORRAL_TOKEN_SECRET: '' }, 'CORRAL_TOKEN_SECRET'],
  [{ CORRAL_CORS_ORIGINS: '*' }, 'CORRAL_CORS_ORIGINS'],
  [{ CORRAL_CORS_ORIGINS: 'https://console.example.com/' }, 'CORRAL_CORS_ORIGINS'],
  [{ CORRAL_WEBHOOK_ALLOW_PRIVATE: '10.0.0.1' }, 'CORRAL_WEBHOOK_ALLOW_PRIVATE'],
  [{ DATABASE_URL: '' }, 'DATABASE_URL'],
])('%j is refused in one sentence that names it', (wrong, name) => {
  const problems = problemsOf({ ...GOOD, ...wrong });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
  expect(problems[0]).not.toContain('short');
});

test('all mistakes are told together', () => {
  expect(problemsOf({ PORT: 'eighty' })).toHaveLength(3);
});
