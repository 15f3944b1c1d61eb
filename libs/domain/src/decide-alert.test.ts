import type { AlertDecision, AlertEpisode } from './alert';
import { alertEpisodeKey, decideAlert } from './decide-alert';
import type { Violation } from './fact';
import { NOON } from './testing';

const OPENED: Violation = {
  type: 'violation',
  id: 'vio_first',
  revision: 1,
  retracted: false,
  kind: 'outside_service_area',
  fleetId: 'default',
  vehicleId: 'bike-42',
  zoneSetVersion: 1,
  rule: { name: 'rideThroughAllowed', from: 'global' },
  status: 'open',
  openedAt: NOON,
};
const CLOSED: Violation = { ...OPENED, revision: 2, status: 'closed', closedAt: NOON + 60_000 };
const RETRACTED: Violation = { ...OPENED, revision: 2, retracted: true };

/** What was decided of each violation, each time with the alert as the decision before left it. */
function decisions(...violations: readonly Violation[]): readonly AlertDecision[] {
  let alert: AlertEpisode | undefined;
  return violations.map((violation) => {
    const decision = decideAlert(alert, violation);
    if ('alert' in decision) alert = decision.alert;
    return decision;
  });
}

function last(...violations: readonly Violation[]): AlertDecision | undefined {
  return decisions(...violations).at(-1);
}

describe('what a violation means for its alert', () => {
  it('opened, with no open episode: an alert, told by route', () => {
    expect(last(OPENED)).toEqual({
      kind: 'opened',
      reason: 'violation_opened',
      tell: 'route',
      alert: {
        id: 'alt_first',
        revision: 1,
        fleetId: 'default',
        kind: 'outside_service_area',
        severity: 'critical',
        status: 'open',
        title: 'bike-42 left the service area',
        vehicleId: 'bike-42',
        violationIds: ['vio_first'],
        violationRevisions: { vio_first: 1 },
        count: 1,
        openedAt: NOON,
        lastAt: NOON,
      },
    });
  });

  it('closed: resolved as cleared, told to those who were told', () => {
    expect(last(OPENED, CLOSED)).toMatchObject({
      kind: 'resolved',
      reason: 'cleared',
      tell: 'told',
      alert: {
        revision: 2,
        status: 'resolved',
        resolution: 'cleared',
        resolvedAt: NOON + 60_000,
        lastAt: NOON + 60_000,
      },
    });
  });

  it('retracted with a replacement: the times move, nobody is told, by either of the two', () => {
    const replacement: Violation = { ...OPENED, id: 'vio_second', openedAt: NOON - 2_000, replaces: 'vio_first' };
    const [, taken, replaced] = decisions(OPENED, { ...RETRACTED, replacedBy: 'vio_second' }, replacement);
    expect(taken).toMatchObject({ kind: 'updated', reason: 'replaced', tell: 'nobody', alert: { status: 'open' } });
    expect(replaced).toMatchObject({
      kind: 'updated',
      reason: 'replaced',
      tell: 'nobody',
      alert: {
        id: 'alt_first',
        status: 'open',
        openedAt: NOON - 2_000,
        count: 1,
        violationIds: ['vio_first', 'vio_second'],
      },
    });
  });

  it('retracted without a replacement: resolved as retracted, a correction to those who were told', () => {
    expect(last(OPENED, RETRACTED)).toMatchObject({
      kind: 'resolved',
      reason: 'retracted',
      tell: 'told',
      alert: { status: 'resolved', resolution: 'retracted' },
    });
    expect(last(OPENED, CLOSED, { ...RETRACTED, revision: 3 })).toMatchObject({
      kind: 'resolved',
      reason: 'retracted',
    });
  });

  it('back after a retraction: the same alert reopened, told as opened', () => {
    expect(last(OPENED, RETRACTED, { ...OPENED, revision: 3 })).toMatchObject({
      kind: 'reopened',
      reason: 'reinstated',
      tell: 'route',
      alert: { id: 'alt_first', revision: 3, status: 'open', resolution: undefined, resolvedAt: undefined, count: 1 },
    });
  });

  it.each([
    ['opened', [OPENED, OPENED]],
    ['closed', [OPENED, CLOSED, CLOSED]],
    ['opened, after it closed', [OPENED, CLOSED, OPENED]],
    ['retracted', [OPENED, RETRACTED, RETRACTED]],
  ])('over again (%s): nothing', (_what, violations) => {
    expect(last(...violations)).toEqual({ kind: 'nothing', reason: 'revision_known' });
  });

  it('closed or retracted, and nobody knows of an alert: nothing', () => {
    expect(last(CLOSED)).toEqual({ kind: 'nothing', reason: 'no_episode' });
    expect(last(RETRACTED)).toEqual({ kind: 'nothing', reason: 'no_episode' });
  });

  it('opened again after the episode is over: a new alert', () => {
    const again: Violation = { ...OPENED, id: 'vio_again', openedAt: NOON + 90_000 };
    expect(last(OPENED, CLOSED, again)).toMatchObject({
      kind: 'opened',
      alert: { id: 'alt_again', revision: 1, count: 1 },
    });
  });

  it('opened under another id while the episode lasts: counted, nobody told', () => {
    const another: Violation = { ...OPENED, id: 'vio_another', openedAt: NOON + 5_000 };
    expect(last(OPENED, another)).toMatchObject({
      kind: 'updated',
      reason: 'again_in_episode',
      tell: 'nobody',
      alert: { count: 2, openedAt: NOON, lastAt: NOON + 5_000 },
    });
  });

  it('closed, after a person resolved it: it stays as that person left it', () => {
    const { alert } = last(OPENED) as { alert: AlertEpisode };
    const byHand: AlertEpisode = { ...alert, status: 'resolved', resolution: 'manual', resolvedAt: NOON + 1_000 };
    expect(decideAlert(byHand, CLOSED)).toMatchObject({
      kind: 'updated',
      reason: 'already_resolved',
      tell: 'nobody',
      alert: { status: 'resolved', resolution: 'manual', resolvedAt: NOON + 1_000 },
    });
  });

  it.each(['acknowledged', 'snoozed'] as const)(
    'closed while it is %s: resolved, and what others keep of it stays',
    (status) => {
      const { alert } = last(OPENED) as { alert: AlertEpisode };
      const decision = decideAlert({ ...alert, status, assigneeId: 'usr_1' }, CLOSED);
      expect(decision).toMatchObject({ kind: 'resolved', alert: { status: 'resolved', assigneeId: 'usr_1' } });
    },
  );
});

describe('an episode', () => {
  it('is one rule broken by one vehicle in one zone', () => {
    const others: Partial<Violation>[] = [{ fleetId: 'x' }, { vehicleId: 'x' }, { zoneId: 'x' }, { kind: 'speeding' }];
    const keys = [OPENED, ...others.map((other) => ({ ...OPENED, ...other }))].map(alertEpisodeKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(alertEpisodeKey({ ...CLOSED, id: 'vio_other' })).toBe(alertEpisodeKey(OPENED));
  });
});
