// `helm test`: both doors answer as they should, through their Services, to somebody without a key.
const { GATEWAY_URL, INGESTION_URL } = process.env;

async function expectStatus(what, url, wanted, options) {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...options });
  const body = await response.text();
  if (response.status !== wanted) throw new Error(`${what}: expected ${wanted}, got ${response.status} ${body.slice(0, 300)}`);
  console.log(`ok  ${what}: ${wanted}`);
  return body;
}

const document = JSON.parse(await expectStatus('the API describes itself', `${GATEWAY_URL}/v1/openapi.json`, 200));
if (!document.paths?.['/v1/vehicles']) throw new Error('the OpenAPI document has no /v1/vehicles');
await expectStatus('a stranger sees no vehicles', `${GATEWAY_URL}/v1/vehicles`, 401);
await expectStatus('a stranger sends no heartbeats', `${INGESTION_URL}/v1/heartbeats`, 401, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ vehicleId: 'helm-test', measuredAt: new Date().toISOString(), lat: 0.5, lng: 0.5 }),
});
await expectStatus('metrics are not served to the world', `${GATEWAY_URL}/metrics`, 404);
