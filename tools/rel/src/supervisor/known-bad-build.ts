import { readFileSync, writeFileSync } from 'node:fs';

/** How our own producer is opened, and how the one that loses is: kafkajs then numbers its batches, and gives a number twice when an answer was lost. */
const GOOD = 'idempotent: false';
const BAD = 'idempotent: true';

/**
 * Writes, beside a bundle, one that makes a mistake which was found in the field: the broker takes other records for copies of what it has, acknowledges
 * them and throws them away. A check that does not find what this build loses is none. Answers where it is.
 */
export function knownBadBuild(bundle: string): { readonly script: string; readonly env: Record<string, string> } {
  const code = readFileSync(bundle, 'utf8');
  if (code.split(GOOD).length !== 2) throw new Error(`${bundle} does not say \`${GOOD}\` once: nothing to plant there`);
  const script = bundle.replace(/\.cjs$/, '.known-bad.cjs');
  writeFileSync(script, code.replace(GOOD, BAD));
  // The mistake is kafkajs' own: what replaces its `send()` numbers nothing.
  return { script, env: { CORRAL_FAST_KAFKA: 'false' } };
}
