import { createDeviceTokens, isDeviceToken } from './device-token';

const SECRET = 'a token secret for tests, long enough';
const tokens = createDeviceTokens(SECRET);
const BIKE = { fleetId: 'default', vehicleId: 'bike-42', number: 1 };
const TOKEN = 'crl_dev_ZGVmYXVsdA.YmlrZS00Mg.1.VgaLhh1V_YaCGqkFtu6dN63u5ItEGSO_TjEdluUbCZw';

// Devices in the street have them: what was once issued must be understood for ever.
test.each([
  [BIKE, TOKEN],
  [
    { fleetId: 'amsterdam-1', vehicleId: 'Vélo „7"', number: 12 },
    'crl_dev_YW1zdGVyZGFtLTE.VsOpbG8g4oCeNyI.12.k_Eh98LekyeWBfTWn0uyqQMflgHvtry_sOeNTvMoJyo',
  ],
])('the token of %j is issued and understood as ever', (said, token) => {
  expect(tokens.issue(said)).toBe(token);
  expect(createDeviceTokens(SECRET).verify(token)).toEqual(said);
  expect(isDeviceToken(token)).toBe(true);
});

test('the longest ids fit', () => {
  const longest = { fleetId: 'f'.repeat(63), vehicleId: '🚲'.repeat(128), number: 2 ** 31 - 1 };
  expect(tokens.verify(tokens.issue(longest))).toEqual(longest);
});

test('no token with another character in any place is understood', () => {
  const others = ['A', 'B', '_', '-', '.', '1', '2'];
  for (let at = 0; at < TOKEN.length; at++)
    for (const other of others) {
      if (other === TOKEN[at]) continue;
      expect(tokens.verify(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1))).toBeUndefined();
    }
});

test('a mac spelled in another way is none: the last character has two bits that say nothing', () => {
  const last = TOKEN.at(-1)!;
  const same = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter(
    (other) =>
      other !== last && Buffer.from(`AAA${other}`, 'base64url')[1] === Buffer.from(`AAA${last}`, 'base64url')[1],
  );
  const mac = (token: string) => Buffer.from(token.split('.').at(-1)!, 'base64url').toString('hex');
  const respelled = same.map((other) => TOKEN.slice(0, -1) + other).filter((token) => mac(token) === mac(TOKEN));
  expect(respelled).toHaveLength(3);
  for (const token of respelled) expect(tokens.verify(token)).toBeUndefined();
});

test('the mac of one fleet, vehicle or number says nothing of another', () => {
  const mac = TOKEN.split('.').at(-1)!;
  for (const other of [
    { ...BIKE, fleetId: 'another' },
    { ...BIKE, vehicleId: 'bike-43' },
    { ...BIKE, number: 2 },
  ]) {
    const [said] = tokens.issue(other).match(/^.*\./)!;
    expect(tokens.verify(said + mac)).toBeUndefined();
    expect(tokens.issue(other)).not.toContain(mac);
  }
});

test('under another secret it is nobody, and without one only its maker knows it', () => {
  expect(createDeviceTokens('another token secret, long enough').verify(TOKEN)).toBeUndefined();
  const alone = createDeviceTokens(undefined);
  expect(alone.verify(alone.issue(BIKE))).toEqual(BIKE);
  expect(createDeviceTokens(undefined).verify(alone.issue(BIKE))).toBeUndefined();
});

test.each(['', 'crl_dev_', 'crl_dev_...', 'crl_key_a', TOKEN.slice(0, -1), `${TOKEN}A`, ` ${TOKEN}`, `${TOKEN}\n`])(
  '%j is no token',
  (text) => {
    expect(tokens.verify(text)).toBeUndefined();
  },
);
