import { seededRandom } from '@corral/geo/testing';
import { makeCity } from '../geofence/city';
import type { StartedService } from '../rig/services';
import { firstOk } from './first-ok';

/** From the city that zones are made in to the one that the load generator rides in, degrees. */
const EAST = -0.22;
const NORTH = 0.285;

/** Publishes made-up zones through a gateway, and stops it: what it holds afterwards is not what one holds that only serves. */
export async function publishZones(gateway: StartedService, zones: number, key: string): Promise<void> {
  try {
    await firstOk(gateway, '/readyz');
    const features = makeCity(zones, 1, seededRandom(zones)).shapes.map((geometry, at) => ({
      type: 'Feature',
      id: `zone-${at}`,
      properties: { name: `zone ${at}` },
      geometry: {
        type: geometry.type,
        coordinates: geometry.coordinates.map((ring) =>
          (ring as [number, number][]).map(([lng, lat]) => [round(lng + EAST), round(lat + NORTH)]),
        ),
      },
    }));
    const response = await fetch(`http://127.0.0.1:${gateway.port}/v1/zone-sets?publish=true&profile=immediate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'FeatureCollection', features }),
    });
    const said = await response.text();
    if (response.status !== 201)
      throw new Error(`publish ${zones} zones: answered ${response.status}: ${said.slice(0, 500)}`);
  } finally {
    await gateway.stop();
  }
}

/** To a centimetre, as maps have it. */
function round(degrees: number): number {
  return Number(degrees.toFixed(7));
}
