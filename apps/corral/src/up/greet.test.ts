import { execFileSync } from 'node:child_process';
import { greetingOf } from './greet';

const given = { url: 'http://127.0.0.1:8080', apiKey: 'crl_local_1', demo: true, dataDir: `${process.cwd()}/.corral` };

test('says where it is, the key, and three lines to paste', () => {
  const lines = greetingOf(given).split('\n');
  expect(lines[0]).toBe('Corral is ready: http://127.0.0.1:8080');
  expect(lines[1]).toBe('API key: crl_local_1');
  const curls = lines.filter((line) => line.startsWith('curl '));
  expect(curls).toHaveLength(3);
  expect(curls[0]).toContain('/v1/heartbeats');
  expect(curls[1]).toContain('/v1/vehicles/sim-001');
  expect(curls[2]).toContain('/v1/live/events?kinds=alert');
  for (const line of curls) expect(line).toContain("'Authorization: Bearer crl_local_1'");
  expect(greetingOf(given)).toContain('`. .corral/demo.env`');
});

test('a shell reads the heartbeat as JSON', () => {
  const line = greetingOf(given).split('\n').find((one) => one.includes('/v1/heartbeats'))!; // prettier-ignore
  const body = execFileSync('sh', ['-c', `curl() { eval "printf %s \\"\\\${$#}\\""; }; ${line}`], { encoding: 'utf8' });
  expect(JSON.parse(body)).toMatchObject({ vehicleId: 'bike-42', lat: 52.3676, lng: 4.9041 });
});

test('without a simulated fleet it shows the vehicle of the first line, and without a key of its own it shows none', () => {
  const said = greetingOf({ ...given, demo: false, apiKey: undefined });
  expect(said).toContain('/v1/vehicles/bike-42 -H "Authorization: Bearer $CORRAL_API_KEY"');
  expect(said).not.toContain('undefined');
  expect(said).not.toContain('demo.env');
});
