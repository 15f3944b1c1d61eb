import { relZones } from './rel-zones';
import type { Sender } from './send';

/** Publishes the zones of a rig, unless its fleet has some already. Times are those of {@link relZones}. */
export async function importZones(gateway: Sender, changesAt: number, spanMs: number): Promise<void> {
  const current = await gateway.send('GET', '/v1/zone-sets/current?format=geojson');
  if (current.kind === 'answered' && current.status === 200) return;
  const made = await gateway.send('POST', '/v1/zone-sets?publish=true&profile=immediate', relZones(changesAt, spanMs));
  if (made.kind !== 'answered' || made.status !== 201) throw new Error(`import the zones: ${JSON.stringify(made)}`);
}
