import type { Hit } from '../sink/sink';

/** Something told in a topic, and so to be told to every endpoint that wants it. */
export interface Told {
  readonly id: string;
  readonly revision: number;
  /** Such as `violation.opened`. */
  readonly type: string;
  /** Of an alert that was resolved because its violation was taken back: only who heard of it before must hear it. */
  readonly correction?: boolean;
}

/** One fault of delivering. */
export interface DeliveryProblem {
  readonly problem: 'undelivered' | 'unfounded' | 'forged' | 'other_id';
  readonly what: string;
}

/** What was delivered, and what was wrong with it. */
export interface DeliveriesReport {
  /** Webhooks that had to come. */
  readonly due: number;
  readonly hits: number;
  /** Hits that repeat one that was already answered with 2xx, under the same id: allowed, and counted. */
  readonly repeats: number;
  /** Hits answered with something else than 2xx, as the script of the sink wanted. */
  readonly refused: number;
  readonly problems: readonly DeliveryProblem[];
}

/**
 * Compares what was told in the topics with what reached the sink. Due is each revision of each fact, and of each alert that opened or was resolved; one
 * that a later revision takes back need not come, and who had not heard of an alert need not hear that it was taken back (`endpointOf`: who hears of a type).
 * A message is known by its `webhook-id`, so what it tells must carry that very id.
 */
export function compareDeliveries(
  told: readonly Told[],
  hits: readonly Hit[],
  endpointOf: (type: string) => string | undefined,
): DeliveriesReport {
  const takenBack = new Map<string, number>();
  for (const { id, revision, type, correction } of told)
    if (type.endsWith('.retracted') || correction === true)
      takenBack.set(id, Math.max(revision, takenBack.get(id) ?? 0));
  const founded = new Set(told.map(webhookId));

  const problems: DeliveryProblem[] = [];
  const delivered = new Set<string>();
  let repeats = 0;
  let refused = 0;
  for (const hit of hits) {
    if (hit.distrust !== undefined) problems.push({ problem: 'forged', what: `${hit.id}: ${hit.distrust}` });
    if (hit.tells !== hit.id) problems.push({ problem: 'other_id', what: `${hit.id} tells ${hit.tells}` });
    if (!founded.has(hit.tells))
      problems.push({ problem: 'unfounded', what: `${hit.id} (${hit.type}) is in no topic` });
    if (hit.status < 200 || hit.status > 299) refused += 1;
    else if (delivered.has(hit.id)) repeats += 1;
    else if (hit.distrust === undefined) delivered.add(hit.id);
  }

  // What an endpoint heard later made no correction due before it: an alert may open again under the same id.
  const firstHeard = new Map<string, number>();
  for (const one of told) {
    const listener = `${one.id} ${endpointOf(one.type)}`;
    if (delivered.has(webhookId(one)) && one.revision < (firstHeard.get(listener) ?? Infinity))
      firstHeard.set(listener, one.revision);
  }
  const due = new Map<string, string>();
  for (const one of told) {
    if (one.type === 'alert.updated' || one.revision < (takenBack.get(one.id) ?? 0)) continue;
    const heardFrom = firstHeard.get(`${one.id} ${endpointOf(one.type)}`) ?? Infinity;
    if (one.correction === true && heardFrom >= one.revision) continue;
    due.set(webhookId(one), one.type);
  }
  for (const [id, type] of due)
    if (!delivered.has(id)) problems.push({ problem: 'undelivered', what: `${id} (${type})` });
  return { due: due.size, hits: hits.length, repeats, refused, problems };
}

function webhookId({ id, revision }: Told): string {
  return `${id}_r${revision}`;
}
