import { connect } from 'node:net';
import fc from 'fast-check';
import { KEY, startIngestion, type IngestionUnderTest } from '../testing/ingestion-under-test';

/** More when hunting: CORRAL_FUZZ_RUNS=20000. */
const RUNS = Number(process.env['CORRAL_FUZZ_RUNS'] ?? 400);

const GOOD = JSON.stringify({
  vehicleId: 'bike-42',
  measuredAt: '2026-11-20T09:59:55.000Z',
  lat: 52.3676,
  lng: 4.9041,
});

let fast: IngestionUnderTest;
let byNode: IngestionUnderTest;
beforeAll(async () => {
  fast = await startIngestion({ fast: true });
  byNode = await startIngestion({ fast: false });
});
afterAll(async () => {
  await fast.stop();
  await byNode.stop();
});

const header = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(`Authorization: Bearer ${KEY}`, 'Content-Type: application/json') },
  fc.constantFrom(
    'Host: other',
    'Host:',
    'host : spaced',
    'Connection: close',
    'Connection: Keep-Alive',
    'Connection: keep-alive, upgrade',
    'Connection: upgrade\r\nUpgrade: websocket',
    'Content-Length: 3',
    'Content-Length: 0',
    'Content-Length: +5',
    'Content-Length: 99999999999999999999',
    'Content-Length: 5, 5',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: gzip, chunked',
    'transfer-encoding : chunked',
    'Expect: 100-continue',
    'Content-Encoding: gzip',
    'Content-Encoding: identity',
    'Content-Type: text/plain',
    'Content-Type: application/json; charset=utf-8 ',
    'Authorization: Bearer crl_key_unknown',
    'Authorization:',
    'X-Folded: a\r\n b',
    'X-Empty:',
    ' X-Indented: a',
    'X-Ünicode: a',
    'X-Null: a\u0000b',
    'X-Tab:\ta\t',
    'NoColon',
    ': no name',
    `X-Long: ${'x'.repeat(9_000)}`,
    `X-TooLong: ${'x'.repeat(20_000)}`,
    'Trailer: X-Sum',
  ),
  fc.string({ maxLength: 30 }).map((text) => `X-Any: ${text}`),
);

const requestLine = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST /v1/heartbeats HTTP/1.1') },
  fc.constantFrom(
    'POST /v1/heartbeats?x=1 HTTP/1.1',
    'POST /v1/heartbeats/ HTTP/1.1',
    'POST //v1/heartbeats HTTP/1.1',
    'POST /v1/heartbeats HTTP/1.0',
    'POST /v1/heartbeats HTTP/2.0',
    'POST /v1/heartbeats',
    'post /v1/heartbeats HTTP/1.1',
    'GET /v1/heartbeats HTTP/1.1',
    'HEAD /v1/heartbeats HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'POST http://elsewhere/v1/heartbeats HTTP/1.1',
    'POST  /v1/heartbeats HTTP/1.1',
    'POST /v1/heartbeats HTTP/1.1 ',
    '\r\nPOST /v1/heartbeats HTTP/1.1',
    'PRI * HTTP/2.0',
  ),
  fc.string({ maxLength: 20 }),
);

const body = fc.oneof(
  { weight: 5, arbitrary: fc.constant(GOOD) },
  fc.constantFrom(
    '',
    '{',
    '{}',
    '7',
    `{"heartbeats":[${GOOD},{},${GOOD}]}`,
    'x'.repeat(70_000),
    `5\r\nhello\r\n0\r\n\r\n`,
  ),
  fc.string({ maxLength: 40 }),
);

const request = fc
  .record({
    line: requestLine,
    headers: fc.array(header, { maxLength: 4 }),
    host: fc.constantFrom('Host: a', 'Host: a', 'Host: a', undefined),
    credential: fc.constantFrom(true, true, true, false),
    body,
    /** How far the length said is from the length sent. */
    wrong: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, 5), fc.constant(undefined)),
    lineEnd: fc.oneof({ weight: 12, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r')),
  })
  .map(({ line, headers, host, credential, body: text, wrong, lineEnd }) => {
    const lines = [line, ...(host === undefined ? [] : [host])];
    if (credential) lines.push(`Authorization: Bearer ${KEY}`, 'Content-Type: application/json');
    lines.push(...headers);
    if (wrong !== undefined) lines.push(`Content-Length: ${Math.max(0, Buffer.byteLength(text) + wrong)}`);
    return {
      text: lines.join(lineEnd) + lineEnd + lineEnd + text,
      /** Whether its bytes are surely one request to anybody who takes them for HTTP at all. */
      tidy:
        wrong === 0 && lineEnd === '\r\n' && !/content-length|transfer-encoding|upgrade|expect/i.test(headers.join()),
    };
  });

/** Ends the connection, if nothing before it did. */
const LAST = `POST /v1/heartbeats HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;

const stream = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  /** Where the bytes are cut into pieces, as shares of all. */
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
});

test(`whatever comes over a connection is answered as node:http answers it (${RUNS} streams)`, async () => {
  await fc.assert(
    fc.asyncProperty(stream, async ({ requests, cuts }) => {
      const sent = [...requests.map(({ text }) => text), LAST].map((text) => cut(Buffer.from(text, 'latin1'), cuts));
      const [ours, theirs] = await Promise.all([exchange(fast.url, sent), exchange(byNode.url, sent)]);
      const tidy = requests.every((each) => each.tidy);
      expect(tidy ? ours : inAgreement(ours, theirs)).toEqual(theirs);
    }),
    { numRuns: RUNS, endOnFailure: false },
  );
}, 600_000);

interface Exchange {
  readonly endedByServer: boolean;
  readonly answers: string;
}

const NO_HTTP = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

/**
 * Where one request's bytes run into the next, node:http reads on while it answers: at bytes that are no HTTP it ends the connection, and with
 * it the answers still on their way. How many of those come first is a matter of turns, so there the one may have said less than the other.
 */
function inAgreement(ours: Exchange, theirs: Exchange): Exchange {
  if (!ours.answers.endsWith(NO_HTTP) && !theirs.answers.endsWith(NO_HTTP)) return ours;
  const [longer, shorter] = [ours, theirs]
    .map(({ answers }) => (answers.endsWith(NO_HTTP) ? answers.slice(0, -NO_HTTP.length) : answers))
    .sort((a, b) => b.length - a.length) as [string, string];
  return longer.startsWith(shorter) ? { ...theirs, endedByServer: ours.endedByServer } : ours;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((share) => Math.round(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}

/** Everything that comes back, without what may differ (Date); and whether the server ended it. */
async function exchange(url: string, requests: readonly (readonly Buffer[])[]): Promise<Exchange> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('data', (text) => (received += text));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        ended = true;
        resolve();
      });
  });
  for (const pieces of requests) {
    const before = received.length;
    for (const piece of pieces) {
      if (ended) break;
      if (piece.length > 0) socket.write(piece);
      if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // One request after the other: until it is answered, or nothing seems to come.
    for (let waited = 0; !ended && received.length === before && waited < 40; waited++)
      await new Promise((resolve) => setTimeout(resolve, 1 + waited / 10));
  }
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 150))]);
  const endedByServer = ended;
  socket.destroy();
  return {
    endedByServer,
    answers: received.replace(/^(Date|date): .*\r\n/gm, '').replace(/^retry-after: .*\r\n/gim, ''),
  };
}
