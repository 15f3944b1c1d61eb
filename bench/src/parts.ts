import { embeddedPart } from './embedded/embedded-part';
import { footprintPart } from './footprint/footprint-part';
import { geofencePart } from './geofence/geofence-part';
import { ingestPart } from './ingest/ingest-part';
import type { AnyPart } from './part';
import { pathPart } from './path/path-part';
import { quietPart } from './quiet/quiet-part';
import { scalingPart } from './scaling/scaling-part';

/** All that is measured, in the order in which it is when no name is given. */
export const PARTS: readonly AnyPart[] = [
  ingestPart,
  pathPart,
  footprintPart,
  embeddedPart,
  geofencePart,
  scalingPart,
  quietPart,
];
