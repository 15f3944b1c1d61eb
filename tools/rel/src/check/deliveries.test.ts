import { createHmac } from 'node:crypto';
import { parseScript } from '../sink/answers';
import type { Hit } from '../sink/sink';
import { distrust } from '../sink/verify-signature';
import * as deliveries from './deliveries';
import type { Told } from './deliveries';

const told: Told[] = [
  { id: 'evt_1', revision: 1, type: 'geofence_event.entered' },
  { id: 'vio_1', revision: 1, type: 'violation.opened' },
  { id: 'vio_1', revision: 2, type: 'violation.closed' },
  { id: 'alr_1', revision: 1, type: 'alert.opened' },
  { id: 'alr_1', revision: 2, type: 'alert.updated' },
  { id: 'alr_1', revision: 3, type: 'alert.resolved' },
];
const compareDeliveries = (of: readonly Told[], hits: readonly Hit[]) =>
  deliveries.compareDeliveries(of, hits, (type) => type);
const hit = (id: string, over: Partial<Hit> = {}): Hit => ({
  at: 1_795_000_000_000,
  id,
  type: 'x',
  tells: id,
  status: 200,
  ...over,
});
const all = ['evt_1_r1', 'vio_1_r1', 'vio_1_r2', 'alr_1_r1', 'alr_1_r3'].map((id) => hit(id));

describe('rel check deliveries', () => {
  it('holds when all that was told has come, whatever came twice under the same id', () => {
    expect(compareDeliveries(told, all)).toEqual({ due: 5, hits: 5, repeats: 0, refused: 0, problems: [] });
    expect(compareDeliveries(told, [...all, all[1]!, hit('alr_1_r2')])).toMatchObject({ repeats: 1, problems: [] });
  });

  it('names what never came, or only came to be refused', () => {
    const refused = [...all.slice(0, 4), hit('alr_1_r3', { status: 500 })];
    expect(compareDeliveries(told, refused)).toMatchObject({
      refused: 1,
      problems: [{ problem: 'undelivered', what: 'alr_1_r3 (alert.resolved)' }],
    });
  });

  it('names a delivery under another id than that of what it tells', () => {
    expect(compareDeliveries(told, [...all, hit('evt_1_r1_again', { tells: 'evt_1_r1' })]).problems).toEqual([
      { problem: 'other_id', what: 'evt_1_r1_again tells evt_1_r1' },
    ]);
  });

  it('names what was delivered and never told', () => {
    expect(compareDeliveries(told, [...all, hit('evt_9_r1')]).problems).toMatchObject([{ problem: 'unfounded' }]);
  });

  it('does not take a forged message for a delivery', () => {
    const forged = [...all.slice(1), hit('evt_1_r1', { distrust: 'no signature of it fits' })];
    expect(compareDeliveries(told, forged).problems.map(({ problem }) => problem)).toEqual(['forged', 'undelivered']);
  });

  it('asks for the correction, and not for what it takes back', () => {
    const corrected: Told[] = [...told, { id: 'evt_1', revision: 2, type: 'geofence_event.retracted' }];
    expect(compareDeliveries(corrected, [...all.slice(1), hit('evt_1_r2')]).problems).toEqual([]);
    expect(compareDeliveries(corrected, all.slice(1)).problems).toMatchObject([
      { problem: 'undelivered', what: 'evt_1_r2 (geofence_event.retracted)' },
    ]);
  });

  it('asks that who heard of an alert hears that it was taken back, and nobody else', () => {
    const resolved: Told = { id: 'alr_2', revision: 3, type: 'alert.resolved', correction: true };
    const alert: Told[] = [
      { id: 'alr_2', revision: 1, type: 'alert.opened' },
      { id: 'alr_2', revision: 2, type: 'alert.opened' },
      resolved,
    ];
    const undelivered = (hits: readonly Hit[]) =>
      deliveries
        .compareDeliveries(alert, hits, () => '/alerts')
        .problems.map(({ problem, what }) => `${problem} ${what}`);
    expect(undelivered([])).toEqual([]);
    expect(undelivered([hit('alr_2_r1')])).toEqual(['undelivered alr_2_r3 (alert.resolved)']);
    expect(undelivered([hit('alr_2_r1'), hit('alr_2_r3')])).toEqual([]);
    expect(compareDeliveries(alert, [hit('alr_2_r1')]).problems).toEqual([]);
  });

  it('asks for no correction of what nobody had heard by then, whatever the alert told when it opened again', () => {
    const again: Told[] = [
      { id: 'alr_3', revision: 1, type: 'alert.opened' },
      { id: 'alr_3', revision: 2, type: 'alert.resolved', correction: true },
      { id: 'alr_3', revision: 3, type: 'alert.opened' },
    ];
    const undelivered = (hits: readonly Hit[]) =>
      deliveries.compareDeliveries(again, hits, () => '/alerts').problems.map(({ what }) => what);
    expect(undelivered([hit('alr_3_r3')])).toEqual([]);
    expect(undelivered([hit('alr_3_r1'), hit('alr_3_r3')])).toEqual(['alr_3_r2 (alert.resolved)']);
  });
});

describe('the sink', () => {
  const nowMs = 1_795_000_000_000;
  const secret = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;
  const sign = (content: string) => createHmac('sha256', 'a secret of this test').update(content).digest('base64');
  const message = {
    id: 'vio_1_r1',
    timestamp: '1795000000',
    signature: `v1,${sign('vio_1_r1.1795000000.{}')}`,
    body: '{}',
  };

  it('believes what is signed with its secret, just now, byte for byte', () => {
    expect(distrust(message, secret, nowMs)).toBeUndefined();
    expect(distrust({ ...message, signature: `v1,AAAA v1a,x ${message.signature}` }, secret, nowMs)).toBeUndefined();
    for (const changed of [{ id: 'vio_1_r2' }, { body: '{ }' }, { timestamp: '1795000001' }, { signature: 'v1,AAAA' }])
      expect(distrust({ ...message, ...changed }, secret, nowMs)).toBe('no signature of it fits');
    expect(distrust(message, secret, nowMs + 301_000)).toContain('not of now');
    expect(distrust({ ...message, signature: '' }, secret, nowMs)).toBe('a header is missing');
  });

  it('answers by its script', () => {
    expect(parseScript('500x2,429~50')).toEqual([
      { status: 500, delayMs: 0 },
      { status: 500, delayMs: 0 },
      { status: 429, delayMs: 50 },
    ]);
    expect(parseScript('')).toEqual([]);
    expect(parseScript('200y')).toBeUndefined();
  });
});
