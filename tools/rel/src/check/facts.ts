import type { ExpectedFact } from './oracle';

/** A row of `geofence_event` or `violation`. Times are epoch milliseconds. */
export interface StoredFact {
  readonly type: 'geofence_event' | 'violation';
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly zoneId?: string;
  readonly kind: string;
  /** Of an event. */
  readonly cause?: string;
  readonly at?: number;
  /** Of a violation. */
  readonly rule?: string;
  readonly openedAt?: number;
  readonly closedAt?: number;
}

/** A fact as `corral.events.v1` tells it, and where. */
export interface ToldFact extends StoredFact {
  readonly eventType: string;
  readonly partition: number;
  readonly offset: number;
  readonly seq: number;
}

/** Something about facts that must not be. */
export interface FactProblem {
  readonly problem:
    | 'missing' // the oracle has it, the tables do not
    | 'extra' // the tables have it, the oracle does not, or they have it twice
    | 'different' // both have it, and it ends otherwise
    | 'untold' // stored, and not what the topic said last
    | 'invented' // told, and not stored
    | 'disordered'; // the outbox's numbers have a gap or come in another order
  readonly what: string;
}

/** The result of `rel check facts`. */
export interface FactsReport {
  readonly expected: number;
  readonly stored: number;
  readonly told: number;
  /** The same id and revision told again: harmless, but said. */
  readonly repeats: number;
  readonly problems: readonly FactProblem[];
}

/** Do the tables hold exactly what the oracle expects, and did the topic say the same last? */
export function compareFacts(
  expected: readonly ExpectedFact[],
  stored: readonly StoredFact[],
  told: readonly ToldFact[],
  isJudged: (fact: { readonly fleetId: string; readonly vehicleId: string }) => boolean = () => true,
): FactsReport {
  const standing = stored.filter((fact) => !fact.retracted);
  const { repeats, problems } = compareWithTopic(stored, told);
  return {
    expected: expected.length,
    stored: standing.length,
    told: told.length,
    repeats,
    problems: [...compareWithOracle(expected, standing.filter(isJudged)), ...problems],
  };
}

function compareWithOracle(expected: readonly ExpectedFact[], standing: readonly StoredFact[]): FactProblem[] {
  const problems: FactProblem[] = [];
  const found = new Map<string, StoredFact>();
  for (const fact of standing) {
    const name = nameOf(fact);
    if (found.has(name))
      problems.push({ problem: 'extra', what: `${name} is stored twice: ${found.get(name)!.id} and ${fact.id}` });
    else found.set(name, fact);
  }
  for (const fact of expected) {
    const name = nameOf(fact);
    const there = found.get(name);
    found.delete(name);
    if (there === undefined) problems.push({ problem: 'missing', what: name });
    else if (fact.type === 'violation' && fact.closedAt !== there.closedAt)
      problems.push({
        problem: 'different',
        what: `${name} ${there.id}: stored ${ending(there.closedAt)}, must be ${ending(fact.closedAt)}`,
      });
  }
  for (const [name, fact] of found) problems.push({ problem: 'extra', what: `${name} ${fact.id}` });
  return problems;
}

function compareWithTopic(
  stored: readonly StoredFact[],
  told: readonly ToldFact[],
): { repeats: number; problems: FactProblem[] } {
  const problems: FactProblem[] = [];
  const last = new Map<string, ToldFact>();
  const tellings = new Set<string>();
  const nextSeq = new Map<number, number>();
  let repeats = 0;
  for (const fact of told) {
    const telling = `${fact.id} r${fact.revision}`;
    if (tellings.has(telling)) repeats += 1;
    else {
      tellings.add(telling);
      const wanted = nextSeq.get(fact.partition);
      if (wanted !== undefined && fact.seq !== wanted)
        problems.push({
          problem: 'disordered',
          what: `partition ${fact.partition} offset ${fact.offset} has number ${fact.seq} where ${wanted} comes next (${telling})`,
        });
      nextSeq.set(fact.partition, fact.seq + 1);
    }
    const known = last.get(fact.id);
    if (known === undefined || fact.revision > known.revision) last.set(fact.id, fact);
  }
  for (const fact of stored) {
    const said = last.get(fact.id);
    last.delete(fact.id);
    if (said === undefined) problems.push({ problem: 'untold', what: `${nameOf(fact)} ${fact.id} was never told` });
    else if (contentOf(said) !== contentOf(fact) || said.eventType !== eventTypeOf(fact))
      problems.push({
        problem: 'untold',
        what: `${fact.id} was last told as ${said.eventType} ${contentOf(said)}, stored is ${contentOf(fact)}`,
      });
  }
  for (const fact of last.values())
    problems.push({ problem: 'invented', what: `${nameOf(fact)} ${fact.id} was told and is not stored` });
  return { repeats, problems };
}

/** What makes a fact itself, readable: never its id, for that is the product's own hash of these. */
function nameOf(fact: ExpectedFact | StoredFact): string {
  const { fleetId, vehicleId, zoneId, kind } = fact;
  const vehicle = `${kind} ${fleetId}/${vehicleId} ${zoneId ?? 'global'}`;
  if (fact.type === 'violation') return `violation ${vehicle} ${fact.rule} opened ${time(fact.openedAt)}`;
  return `event ${vehicle} ${fact.cause} ${time(fact.at)}`;
}

function contentOf(fact: StoredFact): string {
  return `r${fact.revision}${fact.retracted ? ' retracted' : ''} ${nameOf(fact)} ${fact.type === 'violation' ? ending(fact.closedAt) : ''}`.trim();
}

function eventTypeOf(fact: StoredFact): string {
  if (fact.retracted) return `${fact.type}.retracted`;
  if (fact.type === 'geofence_event') return `geofence_event.${fact.kind}`;
  return fact.closedAt === undefined ? 'violation.opened' : 'violation.closed';
}

function ending(closedAt: number | undefined): string {
  return closedAt === undefined ? 'open' : `closed ${time(closedAt)}`;
}

function time(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString();
}
