import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everySetting } from './every-setting';
import { settingsAsEnv, settingsAsMarkdown } from './settings';

const root = join(__dirname, '../../../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

// When one of these fails: npm run docs.
test('.env.example says what the programs read', () => {
  expect(read('.env.example')).toBe(settingsAsEnv(everySetting()));
});

test('the README’s table says what the programs read', () => {
  const cells = (table: string) => table.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/, '-'))); // prettier-ignore
  const [, table = ''] =
    /<!-- settings: made by npm run docs -->\n([^]*)<!-- end of settings -->/.exec(read('README.md')) ?? [];
  expect(cells(table)).toEqual(cells(settingsAsMarkdown(everySetting())));
});

test('a setting means the same wherever it is read, and no secret has a default', () => {
  for (const row of everySetting()) if (row.secret) expect(row.default).toBeUndefined();
  const meanings = everySetting().map(({ name, description }) => [name, description]);
  expect(new Set(meanings.map(([name]) => name)).size).toBe(meanings.length);
});

test.each([
  'PORT',
  'MANAGEMENT_PORT',
  'DATABASE_URL',
  'KAFKA_BROKERS',
  'CORRAL_DATA_DIR',
  'CORRAL_PARTITIONS',
  'CORRAL_MAX_HEARTBEAT_AGE',
  'CORRAL_TRACK_RETENTION',
  'CORRAL_FLEET_ITEMS_PER_SECOND',
  'CORRAL_TOKEN_SECRET',
  'CORRAL_BOOTSTRAP_API_KEY',
  'CORRAL_CORS_ORIGINS',
  'CORRAL_WEBHOOK_ALLOW_PRIVATE',
  'KAFKA_SESSION_TIMEOUT',
  'KAFKA_SASL_USERNAME',
  'KAFKA_TLS_CA',
  'LOG_LEVEL',
])('%s, of the contract, is among them', (name) => {
  expect(everySetting().map((row) => row.name)).toContain(name);
});
