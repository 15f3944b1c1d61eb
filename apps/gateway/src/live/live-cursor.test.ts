import { readLiveCursor, writeLiveCursor } from './live-cursor';

test('a cursor says how far a reader is in every partition', () => {
  const vector = new Map([
    ['geofence/0', 12],
    ['geofence/47', 9_007_199_254_740],
    ['notification/3', 1],
  ]);
  expect(readLiveCursor(writeLiveCursor(vector))).toEqual(vector);
});

test('where nothing was seen yet nothing is said, and before anything happened the cursor is still a text', () => {
  expect(readLiveCursor(writeLiveCursor(new Map([['geofence/0', 0]])))).toEqual(new Map());
  expect(writeLiveCursor(new Map())).not.toBe('');
});

test.each([
  '',
  'äöü',
  'a b',
  ...['x', 'geofence/0', 'geofence/0=', '/0=1', 'geofence/0=1,', 'g/0=1;g/1=2'].map((text) =>
    Buffer.from(text).toString('base64url'),
  ),
])('%j is no cursor', (text) => {
  expect(readLiveCursor(text)).toBeUndefined();
});
