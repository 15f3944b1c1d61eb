import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the repository, from the bundle in bench/dist as well as from the sources. */
export function checkout(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'nx.json'))) {
    if (dirname(folder) === folder) throw new Error(`no checkout around ${__dirname}`);
    folder = dirname(folder);
  }
  return folder;
}
