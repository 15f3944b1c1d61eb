import type { Violation } from './fact';
import { violationId } from './fact-id';
import { isFor } from './rule';
import type { Report } from './report';
import type { VehicleLine, Whose } from './vehicle-line';
import type { ZoneSet } from './zone-set';

/** What is kept of a silence that was told, to say later that it is over. Times are epoch milliseconds, limits seconds. */
export interface OpenSilence {
  readonly openedAt: number;
  readonly zoneSetVersion: number;
  readonly limitS: number;
  readonly tripId?: string;
  readonly lng?: number;
  readonly lat?: number;
}

/** How long a vehicle may be silent where its zone set does not say: a rider notices within a minute, a parked bike reports now and then. */
export const SILENT_ON_TRIP_S = 60;
/** The same off trips. */
export const SILENT_OTHERWISE_S = 15 * 60;

/**
 * How many seconds may this vehicle be silent? On a trip less than otherwise; the set's first limit for its type that says so counts, then the
 * default. `undefined`: for ever, as one that was taken off the street.
 */
export function silenceLimitS(
  set: ZoneSet,
  line: Pick<VehicleLine, 'phase' | 'state' | 'vehicleTypeId'>,
): number | undefined {
  if (line.state === 'removed') return undefined;
  const field = line.phase === 'riding' ? 'onTripS' : 'otherwiseS';
  const said = set.definition.silenceLimits?.find(
    (limit) => limit[field] !== undefined && isFor(limit, line.vehicleTypeId),
  )?.[field];
  if (said === null) return undefined;
  return said ?? (field === 'onTripS' ? SILENT_ON_TRIP_S : SILENT_OTHERWISE_S);
}

/** When was a vehicle heard of with this report, by our clock? That a polled source answered proves only that our poller lives. Epoch ms. */
export function contactOf({ source, measuredAt, receivedAt }: Report): number {
  return source === 'source' ? Math.min(measuredAt, receivedAt) : receivedAt;
}

/** A silence as evaluation says it: revision 1 when it opens, 2 when it is over. */
export function silenceOf({ fleetId, vehicleId }: Whose, open: OpenSilence, closedAt?: number): Violation {
  const { openedAt, zoneSetVersion, limitS, tripId, lng, lat } = open;
  return {
    type: 'violation',
    id: violationId(fleetId, vehicleId, undefined, 'silent', openedAt),
    revision: closedAt === undefined ? 1 : 2,
    retracted: false,
    kind: 'silent',
    fleetId,
    vehicleId,
    zoneSetVersion,
    rule: { name: 'silenceLimits', from: 'global' },
    status: closedAt === undefined ? 'open' : 'closed',
    openedAt,
    closedAt,
    tripId,
    position: lng === undefined || lat === undefined ? undefined : [lng, lat],
    observed: closedAt === undefined ? undefined : limitS + (closedAt - openedAt) / 1_000,
    limit: limitS,
  };
}
