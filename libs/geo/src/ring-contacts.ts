import Flatbush from 'flatbush';
import type { BoundingBox } from './bounding-box';
import type { GeometryRules } from './check-geometry';
import type { CheckedRing } from './check-ring';
import { contactOfEdges } from './edge-contact';
import { samePlace, type Position } from './geometry';
import { refused, type GeometryRefusal } from './geometry-refusal';
import { crossAt } from './wedge';

/** Two rings of one part that meet in a position without crossing there. */
export interface RingTouch {
  readonly rings: readonly [CheckedRing, CheckedRing];
  readonly at: Position;
}

/**
 * Where do rings meet? All touches of rings of one part, or the first contact that is refused: a ring that meets itself,
 * rings that cross or share a stretch of an edge. Rings of different parts are compared only if they must not overlap. The
 * edges stand in a flatbush and only those whose boxes meet are compared: n log n for shapes of the world. A shape drawn so
 * that all boxes meet is refused rather than compared for ever.
 */
export function findRingContacts(
  rings: readonly CheckedRing[],
  rules: GeometryRules,
): { readonly kind: 'ok'; readonly touches: readonly RingTouch[] } | GeometryRefusal {
  const partsToo = rules.overlappingParts === 'refuse';
  const edges = rings.flatMap(edgesOf);
  const tree = new Flatbush(edges.length);
  for (const edge of edges) tree.add(...boxOf(edge));
  tree.finish();

  const touches: RingTouch[] = [];
  let comparisons = 0;
  for (const [i, edge] of edges.entries()) {
    let wrong: GeometryRefusal | undefined;
    let wrongWith = edges.length;
    // The filter does the work and keeps nothing. Of several wrong contacts of an edge the one with the first is told.
    tree.search(...boxOf(edge), (j) => {
      comparisons += 1;
      const other = edges[j]!;
      if (j <= i || j >= wrongWith || !mayMeet(edge, other, partsToo)) return false;
      const found = compareEdges(edge, other);
      if (found?.kind === 'refused') [wrong, wrongWith] = [found, j];
      else if (found && edge.ring.part === other.ring.part) touches.push(found.touch);
      return false;
    });
    if (wrong) return wrong;
    if (comparisons > rules.edgeComparisons) {
      return refused('too_complex', edge.ring.path, 'too many edges lie so close that each must be compared with each');
    }
  }
  return { kind: 'ok', touches };
}

interface Edge {
  readonly ring: CheckedRing;
  /** Which corner of the ring it starts at. */
  readonly i: number;
  readonly from: Position;
  readonly to: Position;
}

function edgesOf(ring: CheckedRing): Edge[] {
  return ring.corners.map((from, i) => ({ ring, i, from, to: corner(ring, i + 1) }));
}

function corner({ corners }: CheckedRing, i: number): Position {
  return corners[(i + corners.length) % corners.length]!;
}

function boxOf({ from, to }: Edge): BoundingBox {
  return [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
}

// Neighbours on a ring share a corner and, as there are no spikes, nothing else.
function mayMeet(a: Edge, b: Edge, partsToo: boolean): boolean {
  if (a.ring !== b.ring) return partsToo || a.ring.part === b.ring.part;
  const apart = Math.abs(a.i - b.i);
  return apart !== 1 && apart !== a.ring.corners.length - 1;
}

function compareEdges(a: Edge, b: Edge): { kind: 'touch'; touch: RingTouch } | GeometryRefusal | undefined {
  const contact = contactOfEdges(a.from, a.to, b.from, b.to);
  if (contact === 'none') return undefined;
  const sameRing = a.ring === b.ring;
  if (
    typeof contact !== 'string' &&
    !sameRing &&
    !crossAt(contact, ...lineThrough(a, contact), ...lineThrough(b, contact))
  ) {
    return { kind: 'touch', touch: { rings: [a.ring, b.ring], at: contact } };
  }
  const code = sameRing ? 'ring_self_intersection' : a.ring.part === b.ring.part ? 'rings_cross' : 'parts_overlap';
  const both = `the edges starting at ${pathOf(a)} and ${pathOf(b)}`;
  const path = pathOf(sameRing ? a : b);
  if (contact === 'stretch') return refused(code, path, `${both} run along each other`);
  const at = contact === 'crossing' ? crossing(a, b) : contact;
  return refused(code, path, `${both} ${contact === 'crossing' ? 'cross near' : 'meet in'} [${at[0]}, ${at[1]}]`, at);
}

// The positions before and after, on the ring of the edge, of a position on that edge.
function lineThrough(edge: Edge, at: Position): [Position, Position] {
  const before = samePlace(edge.from, at) ? corner(edge.ring, edge.i - 1) : edge.from;
  const after = samePlace(edge.to, at) ? corner(edge.ring, edge.i + 2) : edge.to;
  return [before, after];
}

function pathOf(edge: Edge): string {
  return `${edge.ring.path}/${edge.ring.positions[edge.i]}`;
}

// For people: rounded, as everything that is not one of the given positions must be.
function crossing(a: Edge, b: Edge): Position {
  const [ax, ay] = [a.to[0] - a.from[0], a.to[1] - a.from[1]];
  const [bx, by] = [b.to[0] - b.from[0], b.to[1] - b.from[1]];
  const along = ((b.from[0] - a.from[0]) * by - (b.from[1] - a.from[1]) * bx) / (ax * by - ay * bx);
  return [a.from[0] + along * ax, a.from[1] + along * ay];
}
