/** How many uses of a buffer are looked back on. */
const USES = 64;
/** Below it nothing is gained. */
const LEAST = 65_536;
/** So many times the most that was used of late is far too large. */
const FAR_TOO_LARGE = 4;

/**
 * For a buffer that is used again and again: is told after each use how large it is and how much of it was used, and answers how large it should be.
 * One large use after long silence would otherwise keep its room for ever. It is as large as it was unless it has been far too large for 64 uses: then
 * twice the most of these.
 */
export function fittingRoom(): (room: number, used: number) => number {
  let uses = 0;
  let most = 0;
  return (room, used) => {
    uses += 1;
    most = Math.max(most, used);
    if (uses < USES) return room;
    const fitting = Math.max(LEAST, 2 * most);
    const tooLarge = room > LEAST && room > FAR_TOO_LARGE * most;
    uses = most = 0;
    return tooLarge ? Math.min(room, fitting) : room;
  };
}
