import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { checkout } from './rig/checkout';

/**
 * Puts a table into docs/performance.md, between its two marks, under the machine it was measured on. Throws when the page has
 * no such marks.
 */
export function writeSection(name: string, table: string): void {
  const page = join(checkout(), 'docs/performance.md');
  const [begin, end] = [`<!-- ${name}: written by npm run bench -- ${name} --write -->`, `<!-- /${name} -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no marks "${begin}" and "${end}"`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${machine()}\n\n${table}\n${text.slice(to)}`);
}

function machine(): string {
  const [load = 0] = loadavg();
  return `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${load.toFixed(1)} at the end.`;
}
