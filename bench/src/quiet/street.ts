import { compileZoneSet, importZones, step, type Fact, type QuietProfile, type VehicleMemory } from '@corral/domain';

const [LNG, LAT] = [4.8932, 52.3731];
const NORTH_M = 111_195;
const EAST_M = NORTH_M * Math.cos((LAT * Math.PI) / 180);
const START = Date.UTC(2026, 10, 20);

/** A fix in a plane: metres east of an edge (west of it is inside) and north. */
export interface PlaneFix {
  readonly second: number;
  readonly eastM: number;
  readonly northM: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
}

/** A vehicle in a street across which a zone of 8 km ends: answers what its next fix decides. */
export type Vehicle = (fix: PlaneFix) => readonly Fact[];

/** Makes vehicles that are judged by the engine itself, under that profile. */
export function createStreet(profile: QuietProfile): () => Vehicle {
  const west = LNG - 8_000 / EAST_M;
  const [south, north] = [LAT - 4_000 / NORTH_M, LAT + 4_000 / NORTH_M];
  const ring = [
    [west, south],
    [LNG, south],
    [LNG, north],
    [west, north],
    [west, south],
  ];
  const imported = importZones(
    {
      type: 'FeatureCollection',
      features: [{ type: 'Feature', id: 'west', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } }],
    },
    { profile },
  );
  if (imported.kind === 'refused') throw new Error(`build a street: ${imported.detail}`);
  const set = compileZoneSet(imported.definition, { fleetId: 'bench', version: 1 });
  const schedule = { revision: 1, entries: [{ effectiveAt: -Infinity, set }] };
  return () => {
    let memory: VehicleMemory | undefined;
    return ({ second, eastM, northM, accuracyM, speedMps }) => {
      const at = START + Math.round(second * 1_000);
      const result = step(
        memory,
        {
          fleetId: 'bench',
          vehicleId: 'bike',
          measuredAt: at,
          at,
          receivedAt: at,
          source: 'device',
          flags: [],
          lng: LNG + eastM / EAST_M,
          lat: LAT + northM / NORTH_M,
          accuracyM,
          speedMps,
        },
        schedule,
      );
      memory = result.memory;
      return result.asserted;
    };
  };
}
