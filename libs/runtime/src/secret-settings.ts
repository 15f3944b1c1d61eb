import { defineConfig, type ConfigRule } from './config';
import { secret } from './setting';

/** The secret that ingestion and gateway share. */
export const tokenSecretSettings = defineConfig({
  CORRAL_TOKEN_SECRET: secret({
    minLength: 32,
    description:
      'The secret under which tokens are signed, the same for ingestion and gateway; 32 characters or more. Embedded makes its own.',
  }),
});

/** The first key to the API. */
export const bootstrapKeySettings = defineConfig({
  CORRAL_BOOTSTRAP_API_KEY: secret({
    minLength: 32,
    description:
      'A known key with all scopes for the first fleet, default: any string of 32 characters or more. Embedded makes its own.',
  }),
});

/** Deployed, nobody makes one: it must be given, and be nobody else's. */
export const deployedTokenSecret: ConfigRule<typeof tokenSecretSettings> = {
  of: ['CORRAL_TOKEN_SECRET'],
  check: ({ CORRAL_TOKEN_SECRET: given }) => {
    if (given === undefined)
      return 'CORRAL_TOKEN_SECRET must be set (or CORRAL_TOKEN_SECRET_FILE): 32 characters or more, the same for ingestion and gateway';
    return isKnownSecret(given) ? sayKnownSecret('CORRAL_TOKEN_SECRET') : undefined;
  },
};

/** Deployed, a key that everybody knows would let everybody in. */
export const deployedBootstrapKey: ConfigRule<typeof bootstrapKeySettings> = {
  of: ['CORRAL_BOOTSTRAP_API_KEY'],
  check: ({ CORRAL_BOOTSTRAP_API_KEY: given }) =>
    given !== undefined && isKnownSecret(given) ? sayKnownSecret('CORRAL_BOOTSTRAP_API_KEY') : undefined,
};

/**
 * Whether a secret is one that everybody knows: the words with which examples and templates ask for another one. Case, and what stands
 * between the words, do not count.
 */
export function isKnownSecret(given: string): boolean {
  const letters = given.toLowerCase().replace(/[^a-z]/g, '');
  return EXAMPLES.some((words) => letters.includes(words));
}

const EXAMPLES = ['changeme', 'changethis', 'replaceme', 'replacethis', 'yoursecret', 'yourapikey', 'defaultsecret'];

/** What to say of a setting that holds one. */
export function sayKnownSecret(name: string): string {
  return `${name} is a value from an example, which everybody knows: give one of your own, such as \`openssl rand -hex 32\` makes`;
}
