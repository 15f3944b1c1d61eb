import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { checkout } from './rig/checkout';

/**
 * Puts a table into a page of the repository, between its two marks, under the machine it was measured on. Throws when the page
 * has no such marks.
 */
export function writeSection(name: string, table: string, path = 'docs/performance.md'): void {
  const page = join(checkout(), path);
  const [begin, end] = [`<!-- ${name}: written by npm run bench -- ${name} --write -->`, `<!-- /${name} -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no marks "${begin}" and "${end}"`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${machine()}\n\n${table}\n${text.slice(to)}`);
}

/** Writes a picture for the documents. */
export function writePicture(path: string, svg: string): void {
  writeFileSync(join(checkout(), path), svg);
}

function machine(): string {
  const [load = 0] = loadavg();
  return `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${load.toFixed(1)} at the end.`;
}
