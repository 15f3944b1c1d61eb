// `helm test`: a heartbeat becomes an alert. A fleet of its own (`helm-test`, kept from test to test), a zone where parking is not allowed, a ride
// that ends in it, and the wait for what people would see.
import { readFileSync } from 'node:fs';

const { GATEWAY_URL, INGESTION_URL, CORRAL_API_KEY_FILE, CORRAL_API_KEY } = process.env;
const firstKey = CORRAL_API_KEY ?? readFileSync(CORRAL_API_KEY_FILE, 'utf8').trim();
const until = Date.now() + Number(process.env.TIMEOUT_SECONDS ?? 120) * 1000;
const vehicleId = `helm-test-${Date.now().toString(36)}`;

async function ask(method, url, body, key, accepted = [200, 201, 202]) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!accepted.includes(response.status)) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function eventually(what, look) {
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      console.log(`ok  ${what}`);
      return found;
    }
    if (Date.now() > until) throw new Error(`${what}: not within the time given`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

// A fleet for each run, so that nobody's zones and vehicles are touched; its name says what it is.
const fleetId = vehicleId;
const made = await ask('POST', `${GATEWAY_URL}/v1/fleets`, { id: fleetId, name: 'helm test' }, firstKey);
const key = made.body.apiKey;
if (typeof key !== 'string') throw new Error(`POST /v1/fleets answered without a key: ${Object.keys(made.body)}`);
console.log(`ok  a fleet for this test: ${fleetId}`);

const square = [[[[4.9, 52.36], [4.91, 52.36], [4.91, 52.37], [4.9, 52.37], [4.9, 52.36]]]];
const rules = [{ ride_start_allowed: true, ride_end_allowed: false, ride_through_allowed: true }];
const zones = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: 'no-parking',
      properties: { name: 'no parking', rules },
      geometry: { type: 'MultiPolygon', coordinates: square },
    },
  ],
};
await ask('POST', `${GATEWAY_URL}/v1/zone-sets?publish=true&profile=immediate`, zones, key);
console.log('ok  a zone where no ride may end');

const at = (secondsAgo) => new Date(Date.now() - secondsAgo * 1000).toISOString();
const fix = (secondsAgo, lng, state) => ({ vehicleId, measuredAt: at(secondsAgo), lat: 52.365, lng, accuracyM: 5, state, tripId: 'helm-test' });
const heartbeats = [fix(40, 4.89, 'on_trip'), fix(30, 4.895, 'on_trip'), fix(20, 4.905, 'on_trip'), { ...fix(10, 4.905, 'available') }];
await eventually('ingestion knows the new fleet and takes its heartbeats', async () => {
  const { status, body } = await ask('POST', `${INGESTION_URL}/v1/heartbeats`, { heartbeats }, key, [202, 401, 503]);
  if (status !== 202) return undefined;
  if (body.accepted !== heartbeats.length) throw new Error(`refused: ${JSON.stringify(body.rejected)}`);
  return body;
});

await eventually('the vehicle entered the zone', async () => {
  const { body } = await ask('GET', `${GATEWAY_URL}/v1/geofence-events?vehicleId=${vehicleId}`, undefined, key);
  return body.items.find(({ kind, zoneId }) => kind === 'entered' && zoneId === 'no-parking');
});
await eventually('somebody is told that the ride ended where it may not', async () => {
  const { body } = await ask('GET', `${GATEWAY_URL}/v1/alerts?vehicleId=${vehicleId}`, undefined, key);
  return body.items.find(({ kind }) => kind === 'ride_end_not_allowed');
});
await eventually('the vehicle is on the map', async () => {
  const { status, body } = await ask('GET', `${GATEWAY_URL}/v1/vehicles/${vehicleId}`, undefined, key, [200, 404]);
  return status === 200 && body.zones.some(({ zoneId }) => zoneId === 'no-parking') ? body : undefined;
});
