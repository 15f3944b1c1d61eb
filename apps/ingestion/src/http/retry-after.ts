/** A random 1 to 15 seconds, so that devices turned away together do not come back together. `random` is in [0, 1). */
export function retryAfterSeconds(random: number): number {
  return 1 + Math.floor(random * 15);
}
