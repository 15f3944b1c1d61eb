/** A source of numbers in [0, 1), the same ones for the same seed (mulberry32). */
export type Dice = () => number;

export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a receiver says about its accuracy: the truth, nothing, or 2 m nine times of ten and 100 m else. */
export type AccuracyTold = 'honest' | 'missing' | 'dishonest';

/** How a receiver errs. */
export interface Weather {
  /** Of an error along one axis, metres. */
  readonly sigmaM: number;
  /** Between the errors of two fixes that follow each other. */
  readonly correlation: number;
  readonly accuracy: AccuracyTold;
  /** One fix of a thousand begins an echo: 1 to 4 fixes 30 to 200 m away, all in one place. */
  readonly jumps: boolean;
  /** Errors from Student's t with 3 degrees of freedom (of the same variance) instead of a normal distribution. */
  readonly heavyTails?: boolean;
}

/** The error of one fix. */
export interface FixError {
  readonly eastM: number;
  readonly northM: number;
  readonly accuracyM?: number;
}

/** Errors one after another, as the weather makes them. */
export function createErrors(weather: Weather, dice: Dice): () => FixError {
  const { sigmaM, correlation, jumps } = weather;
  const normal = () => Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
  const student = () => normal() / Math.sqrt(normal() ** 2 + normal() ** 2 + normal() ** 2);
  const draw = weather.heavyTails ? student : normal;
  const fresh = sigmaM * Math.sqrt(1 - correlation * correlation);
  let [east, north] = [sigmaM * draw(), sigmaM * draw()];
  let [echoEast, echoNorth, echoes] = [0, 0, 0];
  return () => {
    east = correlation * east + fresh * draw();
    north = correlation * north + fresh * draw();
    if (echoes > 0) echoes -= 1;
    else {
      [echoEast, echoNorth] = [0, 0];
      if (jumps && dice() < 1 / 1_000) {
        const [metres, angle] = [30 + 170 * dice(), 2 * Math.PI * dice()];
        [echoEast, echoNorth] = [metres * Math.cos(angle), metres * Math.sin(angle)];
        echoes = Math.floor(4 * dice());
      }
    }
    return { eastM: east + echoEast, northM: north + echoNorth, accuracyM: toldBy(weather, dice) };
  };
}

function toldBy({ accuracy, sigmaM }: Weather, dice: Dice): number | undefined {
  if (accuracy === 'missing') return undefined;
  return accuracy === 'honest' ? sigmaM : dice() < 0.9 ? 2 : 100;
}
