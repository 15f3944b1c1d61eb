import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/program';

const DOCUMENTS = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'docs/adr')).map((name) => `docs/adr/${name}`),
];

/** What stands in backticks and looks like a place in this repository. */
function placesIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/`((?:apps|libs|tools|e2e|bench|docs|helm|k8s)\/[\w./*-]+)`/g)].map((match) => match[1]!);
}

describe('the documents', () => {
  it.each(DOCUMENTS)('%s names only places that exist', (document) => {
    const missing = placesIn(document).filter(
      (place) => !place.includes('*') && !/\/dist\//.test(place) && !existsSync(join(ROOT, place)),
    );
    expect(missing).toEqual([]);
  });

  it('name places at all', () => {
    expect(DOCUMENTS.flatMap(placesIn).length).toBeGreaterThan(30);
  });
});
