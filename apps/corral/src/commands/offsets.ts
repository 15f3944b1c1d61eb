import { movePlace, readPlaces, type ConsumerPlace, type Queryable } from '@corral/database';
import { CONSUMERS } from '@corral/contracts';
import { placeInLog, type EventLog, type PartitionBounds } from '@corral/messaging';
import type { Print } from './add-commands';
import { CommandFailure } from './api-client';
import { planReset, sayRange, type ResetPlan, type ResetTarget } from './plan-reset';
import { withStorage, type Storage } from './reach-storage';

/** Whom to look at or to move. */
export interface OffsetsFlags {
  readonly consumer?: string;
  readonly partition?: number;
}

const ASK_LOG_MS = 15_000;

/** `corral offsets show`: where each consumer is in each partition, what stands still and why, and which records are gone. */
export async function offsetsShow(env: NodeJS.ProcessEnv, flags: OffsetsFlags, print: Print) {
  await withStorage(env, async (storage) => {
    const items = (await locate(storage, flags)).map(({ place, bounds }) => {
      const placement = placeInLog(place, bounds);
      const { consumer, topic, partition, epoch, nextOffset, owner, parkedReason, watermark } = place;
      return {
        ...{ consumer, topic, partition, nextOffset, start: bounds.start, end: bounds.end, epoch },
        lag: placement.kind === 'read' ? bounds.end - nextOffset : null,
        owner: owner ?? null,
        watermark: watermark === undefined ? null : new Date(watermark).toISOString(),
        parked: parkedReason ?? null,
        problem: placement.kind === 'park' ? placement.reason : null,
      };
    });
    const lines = items.flatMap((item) => [
      `${item.consumer}  ${item.topic}/${item.partition}: at ${item.nextOffset}, ${sayHeld(item)}${item.lag === null ? '' : `, ${item.lag} behind`}`,
      ...(item.parked === null ? [] : [`  PARKED: ${item.parked}`]),
      ...(item.problem === null || item.problem === item.parked ? [] : [`  ${item.problem}`]),
    ]);
    print({ items }, lines.length === 0 ? 'No consumer has claimed a partition yet.' : lines.join('\n'));
  });
}

/** `corral offsets reset`: says what it means, and does it with `--yes`. Answers whether it was done. */
export async function offsetsReset(
  env: NodeJS.ProcessEnv,
  flags: Required<Pick<OffsetsFlags, 'consumer'>> &
    OffsetsFlags & { to: ResetTarget; allParked?: boolean; force?: boolean; yes?: boolean },
  print: Print,
): Promise<boolean> {
  return withStorage(env, async (storage) => {
    const planned = (await locate(storage, flags))
      .filter(({ place }) => flags.allParked !== true || place.parkedReason !== undefined)
      .map((found) => ({ ...found, plan: planOf(found.place, found.bounds, flags.to, flags.force ?? false) }));
    if (planned.length === 0) throw new CommandFailure('There is no such partition, or none of them is parked.');
    const refused = planned.flatMap(({ place, plan }) =>
      plan.kind === 'refused' ? [`partition ${place.partition}: ${plan.reason}`] : [],
    );
    if (refused.length > 0) throw new CommandFailure(`Nothing was moved. ${refused.join('; ')}`);

    const done = flags.yes === true;
    // All or nothing, and at once: the owner claims all its partitions anew as soon as it sees one of them moved.
    if (done)
      await storage.database.transaction(async (tx) => {
        for (const { place, bounds, plan } of planned) await move(tx, place, bounds, plan);
      });
    const items = planned.map(({ place, plan }) => ({
      ...{ consumer: place.consumer, topic: place.topic, partition: place.partition },
      wasParked: place.parkedReason ?? null,
      ...plan,
    }));
    print(
      { done, items },
      [
        ...items.map(
          (item) =>
            `${item.consumer}  ${item.topic}/${item.partition}: ${sayPlan(item)}${item.wasParked === null ? '' : `; it was parked: ${item.wasParked}`}`,
        ),
        done
          ? 'Done; its owner lets go and claims it anew within a few seconds.'
          : 'Nothing was moved: repeat with --yes.',
      ].join('\n'),
    );
    return done;
  });
}

function sayHeld({ start, end }: { start: number; end: number }): string {
  return end > start ? `the log holds ${start} to ${end - 1}` : 'the log holds nothing';
}

function planOf(place: ConsumerPlace, bounds: PartitionBounds, to: ResetTarget, force: boolean): ResetPlan {
  if (place.parkedReason === undefined && placeInLog(place, bounds).kind === 'read' && !force)
    return { kind: 'refused', reason: 'it is not parked and flows; --force moves it all the same' };
  return planReset(place, bounds, to);
}

async function move(
  tx: Queryable,
  place: ConsumerPlace,
  { clusterId }: PartitionBounds,
  plan: ResetPlan,
): Promise<void> {
  if (plan.kind !== 'move') return;
  if (!(await movePlace(tx, place, { nextOffset: plan.to, clusterId })))
    throw new CommandFailure(
      `Partition ${place.partition} moved on meanwhile, so nothing was moved: look again with corral offsets show.`,
    );
}

function sayPlan(plan: ResetPlan): string {
  if (plan.kind !== 'move') return plan.reason;
  return [
    plan.from === plan.to ? `goes on at ${plan.to}` : `from ${plan.from} to ${plan.to}`,
    ...(plan.gone ? [`${sayRange(plan.gone)} gone for good, nobody can read them`] : []),
    ...(plan.skipped ? [`${sayRange(plan.skipped)} SKIPPED, never to be read by this consumer`] : []),
    ...(plan.again ? [`${sayRange(plan.again)} read again`] : []),
  ].join('; ');
}

async function locate({ database, log }: Storage, { consumer, partition }: OffsetsFlags) {
  const known: readonly string[] = Object.values(CONSUMERS);
  if (consumer !== undefined && !known.includes(consumer))
    throw new CommandFailure(`There is no consumer ${consumer}, only ${known.join(', ')}.`);
  // The gateway numbers its own messages in the same table and reads no topic.
  const places = (await readPlaces(database)).filter(
    (place) =>
      known.includes(place.consumer) &&
      (consumer ?? place.consumer) === place.consumer &&
      (partition ?? place.partition) === place.partition,
  );
  const topics = [...new Set(places.map(({ topic }) => topic))];
  const boundsOf = new Map(await Promise.all(topics.map(async (topic) => [topic, await ask(log, topic)] as const)));
  return places.map((place) => {
    const bounds = boundsOf.get(place.topic)?.[place.partition];
    if (bounds === undefined) throw new CommandFailure(`${place.topic} has no partition ${place.partition}.`);
    return { place, bounds };
  });
}

async function ask(log: EventLog, topic: string): Promise<readonly PartitionBounds[]> {
  return log.bounds(topic, AbortSignal.timeout(ASK_LOG_MS)).catch((cause: unknown) => {
    throw new CommandFailure(`The log does not say what ${topic} holds.`, { cause });
  });
}
