import type { ConsumerPlace } from '@corral/database';
import { placeInLog, saysAnotherLog, type PartitionBounds } from '@corral/messaging';

/** Where to: the oldest record kept, behind the newest, where it stands, or an offset. */
export type ResetTarget = 'start' | 'end' | 'here' | number;

/** A range of records, the last one included. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** What a reset means, exactly. */
export type ResetPlan =
  | {
      readonly kind: 'move';
      readonly from: number;
      readonly to: number;
      /** Records nobody can read any more: lost to this consumer whatever is done. */
      readonly gone?: OffsetRange;
      /** Records that are there and will never be read by this consumer. */
      readonly skipped?: OffsetRange;
      /** Records that will be read again: harmless, for they are known by their ids. */
      readonly again?: OffsetRange;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Decides what moving a consumer in one partition means, given what the log holds. Pure. */
export function planReset(place: ConsumerPlace, bounds: PartitionBounds, target: ResetTarget): ResetPlan {
  const { nextOffset } = place;
  const { start, end } = bounds;
  const to = target === 'start' ? start : target === 'end' ? end : target === 'here' ? nextOffset : target;
  const sameLog = place.clusterId === bounds.clusterId && !saysAnotherLog(place.parkedReason ?? '');
  if (target === 'here') {
    const placement = placeInLog(place, bounds);
    if (placement.kind === 'park')
      return { kind: 'refused', reason: `it cannot go on where it stands: ${placement.reason}` };
    if (!sameLog)
      return { kind: 'refused', reason: 'its place is one in another log: say start, end or an offset of this one' };
  }
  if (to < start || to > end)
    return {
      kind: 'refused',
      reason: `offset ${to} is not in the log, which ${end > start ? `holds ${start} to ${end - 1}` : 'holds nothing'}`,
    };
  // Offsets of another log, or beyond the end of this one, say nothing about what of it was read.
  const known = sameLog && nextOffset <= end;
  return {
    kind: 'move',
    from: nextOffset,
    to,
    ...named('gone', known ? range(nextOffset, start) : undefined),
    ...named('skipped', range(known ? Math.max(nextOffset, start) : start, to)),
    ...named('again', known ? range(to, nextOffset) : undefined),
  };
}

/** Says a range for people: `records 120 to 340 (221)`. */
export function sayRange({ first, last }: OffsetRange): string {
  return first === last ? `record ${first}` : `records ${first} to ${last} (${last - first + 1})`;
}

function range(from: number, until: number): OffsetRange | undefined {
  return until > from ? { first: from, last: until - 1 } : undefined;
}

function named<Name extends string>(name: Name, value: OffsetRange | undefined): { [key in Name]?: OffsetRange } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: OffsetRange });
}
