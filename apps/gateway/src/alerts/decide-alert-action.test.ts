import type { AlertActionWord } from '@corral/contracts/http';
import type { AlertRow } from '@corral/database';
import { decideAlertAction } from './decide-alert-action';

const NOW = Date.UTC(2026, 10, 20, 10);

function anAlert(given: Partial<AlertRow> = {}): AlertRow {
  return {
    id: 'alt_1',
    revision: 4,
    fleetId: 'default',
    kind: 'speeding',
    severity: 'warning',
    status: 'open',
    title: 'bike-1 rides too fast',
    vehicleId: 'bike-1',
    violationIds: ['vio_1'],
    violationRevisions: { vio_1: 1 },
    count: 1,
    openedAt: NOW,
    lastAt: NOW,
    episode: 'the episode',
    ...given,
  };
}

const RESOLVED = anAlert({ status: 'resolved', resolution: 'cleared', resolvedAt: NOW, episode: undefined });
const SNOOZED = anAlert({ status: 'snoozed', snoozedUntil: NOW + 1_000 });

test.each<[AlertActionWord, string, AlertRow, string]>([
  ['acknowledge', 'an open alert', anAlert(), 'acknowledged'],
  ['acknowledge', 'a snoozed alert', SNOOZED, 'acknowledged'],
  ['acknowledge', 'an acknowledged alert', anAlert({ status: 'acknowledged' }), 'unchanged'],
  ['acknowledge', 'a resolved alert', RESOLVED, 'refused alert_resolved'],
  ['unsnooze', 'a snoozed alert', SNOOZED, 'open'],
  ['unsnooze', 'an open alert', anAlert(), 'refused not_snoozed'],
  ['resolve', 'a snoozed alert', SNOOZED, 'resolved'],
  ['resolve', 'a resolved alert', RESOLVED, 'unchanged'],
  ['reopen', 'a resolved alert', RESOLVED, 'open'],
  ['reopen', 'an open alert', anAlert(), 'unchanged'],
  ['comment', 'a resolved alert', RESOLVED, 'noted'],
])('to %s %s', (word, _what, alert, expected) => {
  const outcome = decideAlertAction(alert, { word, text: 'hello' }, NOW);
  if (outcome.kind === 'changed') {
    expect(outcome.alert.status).toBe(expected);
    expect(outcome.alert.revision).toBe(alert.revision + 1);
  } else expect(outcome.kind === 'refused' ? `refused ${outcome.code}` : outcome.kind).toBe(expected);
});

test('whoever resolves an alert by hand frees its episode, and reopening takes it again', () => {
  const resolved = decideAlertAction(anAlert(), { word: 'resolve' }, NOW);
  if (resolved.kind !== 'changed') throw new Error(resolved.kind);
  expect(resolved.alert).toMatchObject({ resolution: 'manual', resolvedAt: NOW, episode: undefined });
  const reopened = decideAlertAction(resolved.alert, { word: 'reopen' }, NOW + 1);
  if (reopened.kind !== 'changed') throw new Error(reopened.kind);
  expect(reopened.alert.episode).toEqual(expect.any(String));
  expect(reopened.alert.resolution).toBeUndefined();
});

test('a snoozed alert wakes when its time is over, and not a moment before', () => {
  expect(decideAlertAction(SNOOZED, { word: 'wake' }, NOW + 999)).toEqual({ kind: 'unchanged' });
  expect(decideAlertAction(SNOOZED, { word: 'wake' }, NOW + 1_000)).toMatchObject({
    kind: 'changed',
    alert: { status: 'open', snoozedUntil: undefined, revision: SNOOZED.revision + 1 },
  });
  expect(decideAlertAction(anAlert({ status: 'acknowledged' }), { word: 'wake' }, NOW)).toEqual({ kind: 'unchanged' });
});

test('a snooze ends in the future, and the same one twice changes nothing', () => {
  expect(decideAlertAction(anAlert(), { word: 'snooze', until: NOW }, NOW)).toMatchObject({
    code: 'until_in_the_past',
  });
  expect(decideAlertAction(SNOOZED, { word: 'snooze', until: NOW + 1_000 }, NOW)).toEqual({ kind: 'unchanged' });
});
