import { encodeEvent, eventDataOf } from '@corral/contracts';
import { readFact } from './read-fact';
import { aGeofenceEvent, aViolation } from './testing/some-facts';

const NOW = Date.parse('2026-11-21T10:00:01Z');

function record(type: string, data: object): Buffer {
  return encodeEvent({ type, fleetId: 'f1', partition: 0, seq: 1, data });
}

describe('a record of the events topic', () => {
  it.each([
    ['violation.opened', aViolation()],
    ['geofence_event.entered', aGeofenceEvent()],
  ])('of type %s is the fact that was decided, and when', (type, fact) => {
    expect(readFact(record(type, eventDataOf(fact, NOW)))).toMatchObject({ kind: 'fact', type, fact, detectedAt: NOW });
  });

  it.each([
    ['of a type from the future', 'weather.rain', eventDataOf(aViolation(), NOW), 'unknown_type'],
    ['without an id', 'violation.opened', { ...eventDataOf(aViolation(), NOW), id: undefined }, 'wrong_schema'],
    [
      'whose revision is a word',
      'violation.opened',
      { ...eventDataOf(aViolation(), NOW), revision: 'one' },
      'wrong_schema',
    ],
    [
      'that never opened',
      'violation.closed',
      { ...eventDataOf(aViolation(), NOW), openedAt: undefined },
      'wrong_schema',
    ],
  ])('%s is set aside with a word', (_words, type, data, reason) => {
    expect(readFact(record(type, data))).toMatchObject({ kind: 'undecodable', reason });
  });

  it('that is nothing at all is set aside', () => {
    expect(readFact(null)).toMatchObject({ kind: 'undecodable', reason: 'empty' });
  });
});
