import type { RingTouch } from './ring-contacts';

/**
 * Which touch, if any, cuts the interior of a polygon apart? Rings and the positions they touch in are the nodes of a graph,
 * a ring passing through a position is an edge of it: a circle in that graph is a closed wall (a hole that touches the
 * shell twice, a chain of holes around an area). Any number of rings touching in one position are a star, not a circle.
 */
export function touchCuttingApart(touches: readonly RingTouch[]): RingTouch | undefined {
  const parents = new Map<string, string>();
  const known = new Set<string>();
  for (const touch of touches) {
    // The touches of each part are a graph of their own, also where two parts have the same position.
    const meeting = `part ${touch.rings[0].part} at ${touch.at[0]} ${touch.at[1]}`;
    for (const { path } of touch.rings) {
      const passing = `${path} through ${meeting}`;
      if (known.has(passing)) continue;
      known.add(passing);
      const [a, b] = [rootOf(path, parents), rootOf(meeting, parents)];
      if (a === b) return touch;
      parents.set(a, b);
    }
  }
  return undefined;
}

// Union-find: nodes with one root hang together. Halving the way up keeps it short (Tarjan and van Leeuwen, 1984).
function rootOf(node: string, parents: Map<string, string>): string {
  let at = node;
  for (let up = parents.get(at); up !== undefined; up = parents.get(at)) {
    const above = parents.get(up);
    if (above !== undefined) parents.set(at, above);
    at = above ?? up;
  }
  return at;
}
