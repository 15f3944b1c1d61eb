import { readConfig } from './config';
import {
  bootstrapKeySettings,
  deployedBootstrapKey,
  deployedTokenSecret,
  isKnownSecret,
  tokenSecretSettings,
} from './secret-settings';

const OWN = '3f1c5d0e9b7a4c2d8e6f0a1b2c3d4e5f';
const KNOWN = 'change-me-change-me-change-me-change-me';

test.each([
  [KNOWN],
  ['CHANGEME_CHANGEME_CHANGEME_CHANGEME'],
  ['please-replace-this-with-your-own-one'],
  ['your_secret_'.repeat(3)],
])('%s is known to everybody', (secret) => expect(isKnownSecret(secret)).toBe(true));

test.each([[OWN], ['a-token-secret-for-the-end-to-end-tests'], ['x'.repeat(32)]])('%s is somebody’s own', (secret) =>
  expect(isKnownSecret(secret)).toBe(false),
);

describe('deployed', () => {
  const read = (env: Record<string, string>) =>
    readConfig({ ...tokenSecretSettings, ...bootstrapKeySettings }, env, [deployedTokenSecret, deployedBootstrapKey]);

  test('a token secret of one’s own is enough to start', () =>
    expect(read({ CORRAL_TOKEN_SECRET: OWN }).CORRAL_TOKEN_SECRET).toBe(OWN));

  test('none, or one that everybody knows, is refused', () => {
    expect(() => read({})).toThrow('CORRAL_TOKEN_SECRET must be set (or CORRAL_TOKEN_SECRET_FILE)');
    expect(() => read({ CORRAL_TOKEN_SECRET: KNOWN, CORRAL_BOOTSTRAP_API_KEY: KNOWN })).toThrow(
      /^CORRAL_TOKEN_SECRET is a value from an example.*\nCORRAL_BOOTSTRAP_API_KEY is a value from an example/,
    );
  });
});
