/**
 * How likely is a normally distributed error smaller than that many standard deviations? Three decimals are right (Abramowitz and
 * Stegun 1964, 26.2.16), and three are given.
 */
export function normalProbability(sigmas: number): number {
  const t = 1 / (1 + 0.33267 * Math.abs(sigmas));
  const tail = DENSITY_AT_0 * Math.exp((-sigmas * sigmas) / 2) * t * (0.4361836 + t * (-0.1201676 + t * 0.937298));
  return Math.round((sigmas < 0 ? tail : 1 - tail) * 1_000) / 1_000;
}

const DENSITY_AT_0 = 0.3989423;
