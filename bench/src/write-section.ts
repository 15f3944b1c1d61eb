import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from './rig/checkout';

/**
 * Puts a table into a page of the repository, between its two marks. Throws when the page
 * has no such marks.
 */
export function writeSection(name: string, table: string, path = 'docs/performance.md'): void {
  const page = join(checkout(), path);
  const [begin, end] = [`<!-- ${name}: written by npm run bench -- ${name} --write -->`, `<!-- /${name} -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no marks "${begin}" and "${end}"`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${table.trimEnd()}\n\n${text.slice(to)}`);
}

/** Writes a picture for the documents. */
export function writePicture(path: string, svg: string): void {
  const file = join(checkout(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, svg);
}
