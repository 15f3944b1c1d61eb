import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './helm';

/** The text of every source file below, tests left out. */
export function sources(...folders: readonly string[]): readonly (readonly [string, string])[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry): (readonly [string, string])[] => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory())
        return ['node_modules', 'dist', 'out-tsc', 'generated', 'testing', 'contract'].includes(entry.name)
          ? []
          : [...sources(path)];
      return /\.ts$/.test(path) && !/\.(test|contract)\.ts$/.test(path)
        ? [[path, readFileSync(join(ROOT, path), 'utf8')]]
        : [];
    }),
  );
}
