import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { aHeartbeat, startIngestion, type IngestionUnderTest } from '../testing/ingestion-under-test';

let ingestion: IngestionUnderTest;
beforeAll(async () => {
  ingestion = await startIngestion();
});
afterAll(() => ingestion.stop());

/** A body as text, so that it can say what JSON.stringify cannot. */
const withFields = (fields: string) => `{"vehicleId":"bike-42","measuredAt":"2026-11-20T09:59:55.000Z",${fields}}`;

describe('a heartbeat that is refused says index, code, field and value, and its neighbours go through', () => {
  test.each([
    ['a latitude of 1e400', withFields('"lat":1e400,"lng":4'), 'not_a_number', 'lat', 'Infinity'],
    ['a latitude as text', withFields('"lat":"52.1","lng":4'), 'not_a_number', 'lat', '52.1'],
    ['a latitude of null', withFields('"lat":null,"lng":4'), 'not_a_number', 'lat', null],
    ['no latitude beside a longitude', withFields('"lng":4'), 'latitude_missing', 'lat', null],
    ['no longitude beside a latitude', withFields('"lat":4'), 'longitude_missing', 'lng', null],
    ['a latitude that is a list', withFields('"lat":[],"lng":4'), 'not_a_number', 'lat', '[list]'],
    ['latitude 91', withFields('"lat":91,"lng":4'), 'latitude_out_of_range', 'lat', 91],
    ['longitude 181', withFields('"lat":52,"lng":181'), 'longitude_out_of_range', 'lng', 181],
    [
      'latitude and longitude swapped beyond the range',
      withFields('"lat":139.7,"lng":35.6'),
      'latitude_out_of_range',
      'lat',
      139.7,
    ],
    ['null island', withFields('"lat":0,"lng":0'), 'null_island', 'lat', 0],
    ['null island with a sign', withFields('"lat":-0,"lng":0.0'), 'null_island', 'lat', 0],
    ['an unknown state', withFields('"state":"flying"'), 'state_unknown', 'state', 'flying'],
    [
      'a sequence beyond 2^53 - 1',
      withFields('"sequence":9007199254740993'),
      'sequence_invalid',
      'sequence',
      9007199254740992,
    ],
    ['no time', '{"vehicleId":"bike-42"}', 'measured_at_missing', 'measuredAt', null],
    [
      'a time in seconds',
      '{"vehicleId":"bike-42","measuredAt":1763632795}',
      'measured_at_invalid',
      'measuredAt',
      1763632795,
    ],
    ['a time of 0', '{"vehicleId":"bike-42","measuredAt":0}', 'measured_at_invalid', 'measuredAt', 0],
    ['a time of -1', '{"vehicleId":"bike-42","measuredAt":-1}', 'measured_at_invalid', 'measuredAt', -1],
    ['a time of 9e15', '{"vehicleId":"bike-42","measuredAt":9e15}', 'measured_at_invalid', 'measuredAt', 9e15],
    [
      'a word for a time',
      '{"vehicleId":"bike-42","measuredAt":"yesterday"}',
      'measured_at_invalid',
      'measuredAt',
      'yesterday',
    ],
    [
      'a time beyond the age limit',
      '{"vehicleId":"bike-42","measuredAt":"2026-11-13T09:59:59Z"}',
      'measured_at_too_old',
      'measuredAt',
      '2026-11-13T09:59:59Z',
    ],
    ['no vehicle', '{"measuredAt":"2026-11-20T09:59:55Z"}', 'vehicle_id_missing', 'vehicleId', null],
    [
      'a vehicle with a NUL',
      '{"vehicleId":"a\\u0000b","measuredAt":"2026-11-20T09:59:55Z"}',
      'vehicle_id_invalid',
      'vehicleId',
      'a\u0000b',
    ],
    [
      'a vehicle with half a surrogate pair',
      '{"vehicleId":"a\\ud800","measuredAt":"2026-11-20T09:59:55Z"}',
      'vehicle_id_invalid',
      'vehicleId',
      'a\ufffd',
    ],
    ['a trip with a NUL', withFields('"tripId":"\\u0000"'), 'trip_id_invalid', 'tripId', '\u0000'],
  ])('%s', async (_what, item, code, field, value) => {
    const good = JSON.stringify(aHeartbeat());
    const batch = await ingestion.post(`{"heartbeats":[${good},${item},${good}]}`);
    expect(batch.status).toBe(202);
    expect(batch.body).toEqual({
      accepted: 2,
      rejected: [{ index: 1, code, field, value, detail: expect.any(String) }],
    });

    const alone = await ingestion.post(item);
    expect(alone.status).toBe(400);
    expect(alone.headers.get('content-type')).toContain('application/problem+json');
    expect(alone.body).toMatchObject({
      status: 400,
      code,
      field,
      value,
      accepted: 0,
      rejected: [{ index: 0, code, field, value }],
    });
    expect(ingestion.metrics.render()).toContain(`corral_heartbeats_rejected_total{code="${code}"}`);
  });

  test('an item that is no object', async () => {
    const { status, body } = await ingestion.post({ heartbeats: [aHeartbeat(), 'bike-42', null, [aHeartbeat()]] });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, code: 'heartbeat_not_an_object', field: '', value: 'bike-42' },
        { index: 2, code: 'heartbeat_not_an_object', field: '', value: null },
        { index: 3, code: 'heartbeat_not_an_object', field: '', value: '[list]' },
      ],
    });
  });

  test('when nothing of a list is acceptable the same body comes as a problem', async () => {
    const { status, body } = await ingestion.post({ heartbeats: [{}, 1] });
    expect(status).toBe(400);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'no_acceptable_heartbeat',
      detail: 'None of the heartbeats is acceptable.',
      accepted: 0,
      rejected: [
        expect.objectContaining({ index: 0, code: 'vehicle_id_missing' }),
        expect.objectContaining({ index: 1, code: 'heartbeat_not_an_object' }),
      ],
    });
  });
});

describe('a body that is no list of heartbeats', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  test.each([
    ['no JSON', '{"vehicleId":', 400, 'malformed_json'],
    ['nothing at all', '', 400, 'malformed_json'],
    ['NaN', '{"lat":NaN}', 400, 'malformed_json'],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'malformed_json'],
    ['a number', '7', 400, 'heartbeats_malformed'],
    ['null', 'null', 400, 'heartbeats_malformed'],
    ['a bare list', JSON.stringify([aHeartbeat()]), 400, 'heartbeats_malformed'],
    ['an object for a list', '{"heartbeats":{}}', 400, 'heartbeats_malformed'],
    ['an empty list', '{"heartbeats":[]}', 400, 'heartbeats_empty'],
    ['40 KB nested 20,000 deep', deep(20_000), 400, 'nested_too_deeply'],
    ['a heartbeat with a field nested 20 deep', `{"vehicleId":"a","x":${deep(20)}}`, 400, 'nested_too_deeply'],
    ['a body that is only __proto__', `{"__proto__":${JSON.stringify(aHeartbeat())}}`, 400, 'vehicle_id_missing'],
    ['a body that is only constructor', '{"constructor":{"prototype":{"admin":true}}}', 400, 'vehicle_id_missing'],
    ['1,001 heartbeats', JSON.stringify({ heartbeats: Array(1001).fill(1) }), 413, 'too_many_heartbeats'],
    ['2 MB', `{"x":"${'x'.repeat(2 ** 21)}"}`, 413, 'body_too_large'],
  ])('%s', async (_what, sent, status, code) => {
    const answer = await ingestion.post(sent);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(String(answer.body.detail)).not.toMatch(/position|line|column|token/i);
  });

  test('nothing of it reaches the prototype of all objects', async () => {
    await ingestion.post(
      `{"vehicleId":"proto","measuredAt":"2026-11-20T09:59:55Z","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect((await ingestion.reports()).find(({ vehicleId }) => vehicleId === 'proto')).not.toHaveProperty('admin');
  });

  test.each([
    ['text/plain', { 'content-type': 'text/plain' }, 'unsupported_media_type'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }, 'unsupported_media_type'],
    ['another encoding', { 'content-encoding': 'br' }, 'encoding_unsupported'],
  ])('a body of %s is answered 415', async (_what, headers, code) => {
    const { status, body } = await ingestion.post(JSON.stringify(aHeartbeat()), headers as Record<string, string>);
    expect([status, body.code]).toEqual([415, code]);
  });

  test('application/json with UTF-8 named is taken', async () => {
    const { status } = await ingestion.post(JSON.stringify(aHeartbeat()), {
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(status).toBe(202);
  });
});

describe('the size of a body counts inflated', () => {
  test('a gzip body is taken', async () => {
    const { status, body } = await ingestion.post(gzipSync(JSON.stringify({ heartbeats: [aHeartbeat()] })), {
      'content-encoding': 'gzip',
    });
    expect([status, body]).toEqual([202, { accepted: 1, rejected: [] }]);
  });

  test('a gzip bomb is answered 413 without being inflated whole', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    const { status } = await ingestion.post(bomb, { 'content-encoding': 'gzip' });
    expect(status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024);
  });

  test('bytes that only say they are gzip are answered 400', async () => {
    const { status, body } = await ingestion.post('{}', { 'content-encoding': 'gzip' });
    expect([status, body.code]).toEqual([400, 'body_not_gzip']);
  });

  test('10 MB without a Content-Length are answered 413, and little processor time goes into it', async () => {
    const before = process.cpuUsage();
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${ingestion.url}/v1/heartbeats`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer crl_key_test_of-the-default-fleet',
          'content-type': 'application/json',
          'transfer-encoding': 'chunked',
        },
      });
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      for (let i = 0; i < 10; i++) sending.write(Buffer.alloc(1024 * 1024, 0x20));
      sending.end();
    });
    expect(answer).toBe(413);
    const { user, system } = process.cpuUsage(before);
    // Ours and the sender's together.
    expect((user + system) / 1000).toBeLessThan(500);
  });
});

test.each([
  ['GET', '/v1/heartbeats', 405],
  ['HEAD', '/v1/heartbeats', 405],
  ['POST', '/v1/heartbeats/bike-42', 404],
])('%s %s is answered %d', async (method, path, status) => {
  const answer = await fetch(ingestion.url + path, { method });
  expect(answer.status).toBe(status);
  if (status === 405) expect(answer.headers.get('allow')).toBe('POST');
});
