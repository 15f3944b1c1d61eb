import type { Api } from './api';
import type { Program } from './program';

/** A running Corral, however it is deployed. Journeys see nothing but this. */
export interface Deployment {
  readonly kind: string;
  /** Where heartbeats go. */
  readonly ingestion: Api;
  /** Where people and partner systems go. */
  readonly gateway: Api;
  /** For the command line: CORRAL_URL and CORRAL_API_KEY. */
  readonly cli: Record<string, string>;
  /** The processes by service name; one, `corral`, when embedded. */
  programs(): ReadonlyMap<string, Program>;
  /** kill -9, then the same service again on the same port; resolves when it is ready. */
  killAndRestart(service: string): Promise<void>;
  stop(): Promise<void>;
}
