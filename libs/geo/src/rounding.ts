/**
 * Where a line crosses another one is computed to some 5 roundings of its own length: so far off at most it is, in units of the largest
 * coordinate (1 at least).
 */
export const ROUNDING = 2 ** -46;
