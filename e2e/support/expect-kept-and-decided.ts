import type { Deployment } from './deployment';
import { factsOfEvaluate, factsOfServer } from './facts';
import { SWING_ZONES, type RiddenHeartbeat } from './track-crossing';
import { until } from './until';

/** Every one of these heartbeats is in the telemetry, once; the facts are those of `corral evaluate`. Answers how many facts. */
export async function expectKeptAndDecided(
  corral: Deployment,
  rides: readonly (readonly RiddenHeartbeat[])[],
): Promise<number> {
  for (const ride of rides) {
    const wanted = ride.map(({ measuredAt }) => measuredAt).reverse();
    const track = await until(
      `the track of ${ride[0]!.vehicleId} is complete`,
      async () => {
        const items = await corral.gateway.all(`/v1/vehicles/${ride[0]!.vehicleId}/telemetry`);
        return items.length >= wanted.length ? items : undefined;
      },
      { withinMs: 30_000, everyMs: 250 },
    );
    expect(track.map(({ measuredAt }) => measuredAt)).toEqual(wanted);
  }
  const decided = factsOfEvaluate(SWING_ZONES, rides.flat());
  const facts = await until(
    'geofence has decided everything',
    async () => {
      const found = await factsOfServer(corral.gateway);
      return found.length >= decided.length ? found : undefined;
    },
    { withinMs: 30_000, everyMs: 250 },
  );
  expect(facts).toEqual(decided);
  return decided.length;
}
