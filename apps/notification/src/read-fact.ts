import { decodeEvent } from '@corral/contracts';
import type { Fact } from '@corral/domain';

/** A record of `corral.events.v1`: what happened, to be told; or why it cannot be read. */
export type FactRecord =
  | {
      readonly kind: 'fact';
      /** Such as `violation.opened`. */
      readonly type: string;
      readonly fact: Fact;
      /** When it was decided, epoch milliseconds. */
      readonly detectedAt: number;
      /** Its `data` as it came, members we do not know included. */
      readonly data: Readonly<Record<string, unknown>>;
      /** When the report that led to it was received, epoch milliseconds, if one did. */
      readonly receivedAt?: number;
    }
  | { readonly kind: 'undecodable'; readonly reason: string; readonly detail: string };

const TYPES: ReadonlySet<string> = new Set([
  'geofence_event.entered',
  'geofence_event.exited',
  'geofence_event.crossed',
  'geofence_event.retracted',
  'violation.opened',
  'violation.closed',
  'violation.retracted',
]);

/** The door of this program: after it a fact is a fact. Never throws. */
export function readFact(value: Buffer | null): FactRecord {
  const decoded = decodeEvent(value);
  if (decoded.kind === 'undecodable') return decoded;
  const { type, fleetId, data, receivedAt } = decoded.event;
  if (!TYPES.has(type))
    return undecodable('unknown_type', `there is no event of type ${JSON.stringify(type.slice(0, 100))}`);
  const wrong = MEMBERS.find(([member, kind]) => typeof data[member] !== kind);
  if (wrong) return undecodable('wrong_schema', `data.${wrong[0]} must be a ${wrong[1]}`);
  const [factType] = type.split('.');
  if (factType === 'violation' && typeof data.openedAt !== 'number')
    return undecodable('wrong_schema', 'data.openedAt must be a number');
  const { detectedAt, ...rest } = data;
  const fact = { ...rest, fleetId, type: factType } as unknown as Fact;
  return { kind: 'fact', type, fact, detectedAt: detectedAt as number, data, receivedAt };
}

const MEMBERS = [
  ['id', 'string'],
  ['revision', 'number'],
  ['retracted', 'boolean'],
  ['kind', 'string'],
  ['vehicleId', 'string'],
  ['detectedAt', 'number'],
] as const;

function undecodable(reason: string, detail: string): FactRecord {
  return { kind: 'undecodable', reason, detail };
}
