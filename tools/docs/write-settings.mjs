// `npm run docs`: writes .env.example and the README's table of settings from what the programs read, so that neither is ever older
// than they are. apps/corral/src/commands/settings.test.ts fails when somebody forgot to.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const BEGIN = '<!-- settings: made by npm run docs -->';
const END = '<!-- end of settings -->';

function settings(format) {
  const launcher = join(root, 'apps/corral/bin/corral.cjs');
  return execFileSync(process.execPath, [launcher, 'settings', '--format', format], { encoding: 'utf8' });
}

writeFileSync(join(root, '.env.example'), settings('env'));

const readme = join(root, 'README.md');
const text = readFileSync(readme, 'utf8');
const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
if (from < 0 || to < from) throw new Error(`README.md has no lines ${BEGIN} and ${END}`);
writeFileSync(readme, `${text.slice(0, from)}${BEGIN}\n\n${settings('markdown')}\n${text.slice(to)}`);
