import { decideAlert, evaluate, type AlertEpisode, type Violation } from './index';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';

// A bike leaves the service area: what Corral is for, in one page and without a network.
describe('bike-42 leaves the service area', () => {
  // The operator drew one zone of 2 km around Dam Square where riding is allowed; everywhere else it is not.
  const [lng, lat] = [4.8932, 52.3731];
  const city = aZoneSet({
    zones: [
      { zoneId: 'city', name: 'City', geometry: aSquare(lng, lat, 2_000), rules: [{ rideThroughAllowed: true }] },
    ],
    globalRules: [{ rideThroughAllowed: false }],
  });
  const zones = aSchedule(city);
  const fix = (minute: number, eastM: number) =>
    aReport({ at: NOON + minute * 60_000, ...movedBy(lng, lat, eastM, 0), state: 'on_trip', tripId: 'trip-7' });

  const started = evaluate(undefined, [fix(0, 0)], zones);
  const rode = evaluate(started.memory, [fix(1, 500), fix(2, 900)], zones);
  const left = evaluate(rode.memory, [fix(3, 1_100)], zones);
  const wandered = evaluate(left.memory, [fix(4, 1_500)], zones);
  const returned = evaluate(wandered.memory, [fix(5, 950)], zones);

  it('is seen inside the city when its trip begins, which alerts nobody', () => {
    expect(started.asserted).toMatchObject([{ kind: 'entered', zoneId: 'city', cause: 'first_fix', at: NOON }]);
  });

  it('rides about, and there is nothing to say', () => {
    expect(rode.asserted).toEqual([]);
  });

  it('crosses the edge: it exited the zone, and a rule is broken', () => {
    expect(left.asserted).toMatchObject([
      { type: 'geofence_event', kind: 'exited', zoneId: 'city', cause: 'moved', at: NOON + 180_000 },
      { type: 'violation', kind: 'outside_service_area', status: 'open', tripId: 'trip-7', rule: { from: 'global' } },
    ]);
  });

  it('wanders on outside, which is no news', () => {
    expect(wandered.asserted).toEqual([]);
  });

  it('comes back: the same violation closes, two minutes after it opened', () => {
    expect(returned.asserted).toMatchObject([
      { kind: 'entered', zoneId: 'city', cause: 'moved' },
      { id: left.asserted[1]?.id, revision: 2, status: 'closed', openedAt: NOON + 180_000, closedAt: NOON + 300_000 },
    ]);
  });

  it('makes one alert of it, told when it opens and again when all is well', () => {
    const opened = decideAlert(undefined, left.asserted[1] as Violation);
    expect(opened).toMatchObject({
      kind: 'opened',
      tell: 'route',
      alert: { severity: 'critical', title: 'bike-42 left the service area', status: 'open' },
    });
    const { alert } = opened as { alert: AlertEpisode };
    const resolved = decideAlert(alert, returned.asserted[1] as Violation);
    expect(resolved).toMatchObject({ kind: 'resolved', tell: 'told', alert: { id: alert.id, resolution: 'cleared' } });
  });
});
