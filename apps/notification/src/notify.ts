import {
  alertData,
  appendAlertHistory,
  dropWaiting,
  lockAlertsOf,
  planDeliveries,
  readEndpointInterests,
  writeAlerts,
  type AlertHistoryEntry,
  type AlertRow,
  type WebhookMessage,
} from '@corral/database';
import { alertEpisodeKey, MASS_WITHIN_MS, type AlertDecision, type Violation } from '@corral/domain';
import type { Flush, FlushPartition, StoredRecord } from '@corral/messaging';
import { ATTRIBUTES, SPANS, tracer, type Span } from '@corral/runtime';
import { openAlertBook } from './alert-book';
import type { AlertNaming } from './alert-names';
import { readFact, type FactRecord } from './read-fact';
import { openSilentCrowds } from './silent-crowds';
import { webhookBody } from './webhook-body';

/** What one flush came to, for the counters and for waking delivery once it is committed. */
export interface NotifySummary {
  readonly decisions: readonly AlertDecision['kind'][];
  readonly planned: number;
  readonly alerts: readonly ToldAlert[];
}

/** An alert that changed: how long ago its cause was received, and its span, which ends with the commit. */
export interface ToldAlert {
  readonly decision: AlertDecision['kind'];
  /** Epoch milliseconds, if a report led to it. */
  readonly receivedAt: number | undefined;
  readonly span: Span | undefined;
}

/** What the verb asks others for. */
export interface NotifyPorts {
  readonly naming: AlertNaming;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

type FactItem = Extract<FactRecord, { kind: 'fact' }> & {
  readonly partition: FlushPartition;
  readonly record: StoredRecord;
};
type ViolationItem = FactItem & { readonly fact: Violation };

/** Notify: read the facts of a flush and the alerts they may concern, decide, write alerts, history, planned deliveries and what is published. */
export async function notify(flush: Flush, ports: NotifyPorts): Promise<NotifySummary> {
  const items = readItems(flush);
  const violations = items.filter(isViolation);
  const { tx } = flush;

  const interests = await readEndpointInterests(tx, distinct(items.map(({ fact }) => fact.fleetId)));
  // Before the alerts are locked one by one: what two transactions both want, all of them want in one order.
  const crowds = await openSilentCrowds(
    tx,
    violations.map(({ fact }) => fact),
  );
  const known =
    violations.length === 0
      ? []
      : await lockAlertsOf(tx, {
          episodes: distinct(violations.map(({ fact }) => alertEpisodeKey(fact))),
          violationIds: distinct(violations.map(({ fact }) => fact.id)),
        });
  const namesOf = await ports.naming(
    tx,
    violations.map(({ fact }) => fact),
  );

  const book = openAlertBook(known);
  const wanted = wantedBy(interests);
  const history: AlertHistoryEntry[] = [];
  const messages: WebhookMessage[] = [];
  const later: WebhookMessage[] = [];
  const corrections: WebhookMessage[] = [];
  const retracted: { fleetId: string; id: string; revision: number }[] = [];
  const decisions: AlertDecision['kind'][] = [];
  const told: ToldAlert[] = [];
  const ofMany: AlertRow[] = [];

  for (const item of items) {
    const { fact, type, detectedAt } = item;
    const decision = decide(item);
    if (decision) decisions.push(decision.kind);
    // Told before, or overtaken: a repetition plans nothing, not even for an endpoint that is newer than the first telling.
    if (decision?.kind === 'nothing' && decision.reason === 'revision_known') continue;
    if (fact.retracted) retracted.push(fact);
    const span = decision && decision.kind !== 'nothing' ? alertSpan(decision, item) : undefined;
    const trace = traceOf(span?.traceparent ?? item.partition.traceparentFor(item.record));
    if (wanted(fact.fleetId, type))
      messages.push({ ...subjectOf(fact), type, body: webhookBody(type, detectedAt, item.data), ...trace });
    if (decision && decision.kind !== 'nothing') tell(decision, item, span, trace);
  }
  const itemOf = new Map<object, FactItem>(violations.map((item) => [item.fact, item]));
  for (const { decision, violation } of crowds.decisions()) {
    const item = itemOf.get(violation)!;
    decisions.push(decision.kind);
    ofMany.push(decision.alert);
    if (decision.reason === 'of_mass' && decision.kind === 'resolved') retracted.push(decision.alert);
    tell(decision, item, undefined, traceOf(item.partition.traceparentFor(item.record)));
  }

  function decide(item: FactItem): AlertDecision<AlertRow> | undefined {
    if (!isViolation(item)) return undefined;
    return crowds.take(item.fact) ? OF_MASS : book.decide(item.fact, namesOf(item.fact));
  }

  function tell(decision: Changed, item: FactItem, span: ToldAlert['span'], trace: ReturnType<typeof traceOf>): void {
    const { detectedAt } = item;
    const { alert } = decision;
    told.push({ decision: decision.kind, receivedAt: item.receivedAt, span });
    const alertType = ALERT_TYPES[decision.kind];
    const data = alertData(alert);
    history.push(historyEntry(decision, item));
    item.partition.publish({
      ...subjectOf(alert),
      vehicleId: alert.vehicleId ?? item.fact.vehicleId,
      type: alertType,
      data,
      ...trace,
    });
    const takenBack = decision.kind === 'resolved' && decision.reason === 'retracted';
    if (takenBack) retracted.push(alert);
    if (decision.tell === 'nobody' || !wanted(alert.fleetId, alertType)) return;
    const message = { ...subjectOf(alert), type: alertType, body: webhookBody(alertType, detectedAt, data), ...trace };
    if (takenBack) corrections.push({ ...message, onlyTold: true });
    else if (isViolation(item) && alert.kind === 'silent' && crowds.mayBecomeMass(item.fact)) later.push(message);
    else messages.push(message);
  }

  const now = ports.now();
  await writeAlerts(tx, [...book.changed(), ...ofMany]);
  await appendAlertHistory(tx, history);
  const planned = (await planDeliveries(tx, messages, now)) + (await planDeliveries(tx, later, now + MASS_WITHIN_MS));
  // In this order: what is still waiting is dropped first, and whoever then never heard of it needs no correction.
  await dropWaiting(tx, retracted);
  return { decisions, planned: planned + (await planDeliveries(tx, corrections, now)), alerts: told };
}

const OF_MASS = { kind: 'nothing', reason: 'of_mass' } as const;
type Changed = Exclude<AlertDecision<AlertRow>, { kind: 'nothing' }>;

const ALERT_TYPES = {
  opened: 'alert.opened',
  reopened: 'alert.opened',
  updated: 'alert.updated',
  resolved: 'alert.resolved',
} as const;

/** In the trace of what led to the alert; an alert that opens is traced even if that was not. */
function alertSpan({ kind, alert }: Exclude<AlertDecision<AlertRow>, { kind: 'nothing' }>, item: FactItem) {
  const start = () => ({ attributes: { [ATTRIBUTES.fleet]: alert.fleetId, [ATTRIBUTES.alert]: alert.id } });
  const parent = item.partition.traceparentFor(item.record);
  if (parent !== undefined) return tracer.follow(SPANS.alert(kind), parent, start);
  return kind === 'opened' || kind === 'reopened' ? tracer.notice(SPANS.alert(kind), start) : undefined;
}

function traceOf(traceparent: string | undefined): { traceparent?: string } {
  return traceparent === undefined ? {} : { traceparent };
}

function readItems(flush: Flush): FactItem[] {
  const items: FactItem[] = [];
  for (const partition of flush.partitions) {
    for (const record of partition.records) {
      const read = readFact(record.value);
      if (read.kind === 'fact') items.push({ ...read, partition, record });
      else partition.deadLetter(record, read.reason, read.detail);
    }
  }
  return items;
}

function isViolation(item: FactItem): item is ViolationItem {
  return item.fact.type === 'violation';
}

function subjectOf({ fleetId, id, revision }: { fleetId: string; id: string; revision: number }) {
  return { fleetId, id, revision };
}

function historyEntry(
  decision: Exclude<AlertDecision<AlertRow>, { kind: 'nothing' }>,
  item: ViolationItem | FactItem,
): AlertHistoryEntry {
  const { id: alertId, revision, fleetId } = decision.alert;
  const detail = { reason: decision.reason, violationId: item.fact.id, violationRevision: item.fact.revision };
  return {
    id: `${alertId}_r${revision}`,
    alertId,
    fleetId,
    revision,
    action: decision.kind,
    actor: 'system',
    at: item.detectedAt,
    detail,
  };
}

/** Whether any endpoint of a fleet wants to hear of a type, so that nothing is rendered for nobody. */
function wantedBy(interests: readonly { fleetId: string; types: readonly string[] }[]) {
  const all = new Set(interests.filter(({ types }) => types.length === 0).map(({ fleetId }) => fleetId));
  const some = new Set(interests.flatMap(({ fleetId, types }) => types.map((type) => `${fleetId} ${type}`)));
  return (fleetId: string, type: string) => all.has(fleetId) || some.has(`${fleetId} ${type}`);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
