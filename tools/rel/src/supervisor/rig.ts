import type { Proxies } from '../proxy/proxies';
import type { Part } from './part';

/** A running Corral and everything under it. */
export interface Rig {
  /** In the order in which they start; they stop in the opposite one. */
  readonly parts: readonly Part[];
  /** The parts that `all` means to chaos. */
  readonly services: readonly string[];
  /** Parts that run only when they are asked for by name: further instances of services. */
  readonly spares?: readonly string[];
  /** What stands between the services and Kafka, if the rig was brought up with proxies. */
  readonly proxies?: Proxies;
  /** One line: what runs, with versions. */
  readonly title: string;
  /** For `$REL/env`. */
  readonly env: Readonly<Record<string, string>>;
}

/** What every process of a rig is given. */
export function bareEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'JAVA_HOME', 'CI', 'NODE_OPTIONS'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Known to everybody: a rig listens on 127.0.0.1 and holds nobody's data. */
export const API_KEY = 'the-api-key-of-a-rig-that-holds-no-data-0001';
