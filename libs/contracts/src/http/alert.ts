import { z } from 'zod';
import { geofenceEvent, violation } from './fact';
import { identifier, personsProse } from './identifier';
import { time, timeInput } from './time';

/** What a person should know: one per episode. */
export const alert = z
  .strictObject({
    id: z.string(),
    revision: z.number().int(),
    kind: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    status: z.enum(['open', 'acknowledged', 'snoozed', 'resolved']),
    resolution: z.enum(['cleared', 'manual', 'retracted']).optional(),
    title: z.string(),
    vehicleId: z.string().optional(),
    zoneId: z.string().optional(),
    violationIds: z.array(z.string()),
    count: z.number().int(),
    assigneeId: z.string().optional(),
    openedAt: time,
    lastAt: time,
    resolvedAt: time.optional(),
  })
  .meta({ id: 'Alert' });

/** What was done to an alert, by whom. */
export const alertHistoryEntry = z
  .strictObject({
    id: z.string(),
    revision: z.number().int(),
    action: z.string(),
    actor: z.string(),
    at: time,
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AlertHistoryEntry' });

/** Why an alert is there. */
export const alertExplanation = z
  .strictObject({
    alert,
    violations: z.array(violation),
    geofenceEvents: z.array(geofenceEvent).meta({ description: 'What the vehicle did around it, newest first' }),
  })
  .meta({ id: 'AlertExplanation' });

const note = personsProse(2000).optional();

/** What each action takes. */
export const ALERT_ACTIONS = {
  acknowledge: z.strictObject({ note }),
  assign: z.strictObject({ assigneeId: identifier.nullable(), note }),
  snooze: z.strictObject({ until: timeInput, note }),
  unsnooze: z.strictObject({ note }),
  resolve: z.strictObject({ note }),
  reopen: z.strictObject({ note }),
  comment: z.strictObject({ text: personsProse(4000) }),
} as const;

/** One of the words of {@link ALERT_ACTIONS}. */
export type AlertActionWord = keyof typeof ALERT_ACTIONS;

const filter = z.strictObject({
  vehicleId: identifier.optional(),
  zoneId: identifier.optional(),
  kind: z.union([z.string(), z.array(z.string())]).optional(),
  status: z
    .union([
      z.enum(['open', 'acknowledged', 'snoozed', 'resolved']),
      z.array(z.enum(['open', 'acknowledged', 'snoozed', 'resolved'])),
    ])
    .optional(),
  from: timeInput.optional(),
  to: timeInput.optional(),
});

/** One action on many alerts: those named, or those that match (at most 1,000). */
export const bulkAction = z
  .strictObject({
    ids: z.array(identifier).min(1).max(1000).optional(),
    filter: filter.optional(),
    action: z.enum(['acknowledge', 'assign', 'snooze', 'unsnooze', 'resolve', 'reopen', 'comment']),
    assigneeId: identifier.nullable().optional(),
    until: timeInput.optional(),
    text: personsProse(4000).optional(),
    note,
  })
  .refine((value) => (value.ids === undefined) !== (value.filter === undefined), {
    error: 'give either ids or filter',
    path: ['ids'],
  });

/** What became of each. */
export const bulkOutcome = z
  .strictObject({
    changed: z.array(z.string()),
    unchanged: z.array(z.string()),
    refused: z.array(z.strictObject({ id: z.string(), code: z.string(), detail: z.string() })),
  })
  .meta({ id: 'BulkOutcome' });
