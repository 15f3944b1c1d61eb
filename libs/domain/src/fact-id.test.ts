import { geofenceEventId, violationId } from './fact-id';

describe('the id of a fact', () => {
  // Made with Python's hashlib and base64. Customers hold these. If this test fails, the change is wrong, not the test.
  it('is what it has always been', () => {
    expect(geofenceEventId('default', 'bike-42', 'centre', 'entered', 'moved', 1_795_089_600_000)).toBe(
      'evt_c3k3vpizyagro5xfc2l74vdibf',
    );
    expect(violationId('default', 'bike-42', 'centre', 'speeding', 1_795_089_600_000)).toBe(
      'vio_zbxtaksxpz3rsrr7ktbfzfeswz',
    );
    expect(violationId('default', 'bike-42', undefined, 'outside_service_area', 1_795_089_600_000)).toBe(
      'vio_abl4p4hzxq6ltjllilvdkd2lyw',
    );
  });

  it('has no dot in it, which webhook signatures could not bear', () => {
    for (let at = 0; at < 200; at += 1) {
      expect(geofenceEventId('f', 'v', 'z', 'exited', 'moved', at)).toMatch(/^evt_[a-z2-7]{26}$/);
      expect(violationId('f', 'v', 'z', 'speeding', at)).toMatch(/^vio_[a-z2-7]{26}$/);
    }
  });

  it('differs with each of the things it is made of, wherever they meet', () => {
    const ids = [
      geofenceEventId('f', 'v', 'z', 'entered', 'moved', 1),
      geofenceEventId('fv', '', 'z', 'entered', 'moved', 1),
      geofenceEventId('f', 'vz', '', 'entered', 'moved', 1),
      geofenceEventId('f', 'v', 'z', 'exited', 'moved', 1),
      geofenceEventId('f', 'v', 'z', 'entered', 'first_fix', 1),
      geofenceEventId('f', 'v', 'z', 'entered', 'moved', 11),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
