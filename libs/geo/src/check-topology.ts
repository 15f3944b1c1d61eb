import { boundingBoxOfPolygon, type BoundingBox } from './bounding-box';
import type { GeometryRules } from './check-geometry';
import type { CheckedRing } from './check-ring';
import { touchCuttingApart } from './cut-apart';
import { refused, type GeometryRefusal } from './geometry-refusal';
import { findRingContacts } from './ring-contacts';
import { ringWithin } from './ring-within';

/**
 * Do rings that are each good by themselves make valid polygons together? The order of the questions matters: only rings
 * that do not cross are within one another or not. The rings come part by part, the shell of a part before its holes.
 */
export function checkTopology(rings: readonly CheckedRing[], rules: GeometryRules): GeometryRefusal | undefined {
  const contacts = findRingContacts(rings, rules);
  if (contacts.kind === 'refused') return contacts;

  const parts = gatherParts(rings);
  for (const part of parts) {
    const wrong = checkHoles(part);
    if (wrong) return wrong;
  }
  const cut = touchCuttingApart(contacts.touches);
  if (cut) {
    const detail = `rings touch in a circle and cut the interior apart, one of the places is [${cut.at[0]}, ${cut.at[1]}]`;
    return refused('interior_disconnected', cut.rings[1].path, detail, cut.at);
  }
  return rules.overlappingParts === 'refuse' ? checkParts(parts) : undefined;
}

interface BoxedRing {
  readonly ring: CheckedRing;
  readonly box: BoundingBox;
}

interface Part {
  readonly shell: BoxedRing;
  readonly holes: readonly BoxedRing[];
}

function gatherParts(rings: readonly CheckedRing[]): Part[] {
  const parts = new Map<number, { shell: BoxedRing; holes: BoxedRing[] }>();
  for (const ring of rings) {
    const boxed = { ring, box: boundingBoxOfPolygon([ring.ring]) };
    if (ring.isShell) parts.set(ring.part, { shell: boxed, holes: [] });
    else parts.get(ring.part)!.holes.push(boxed);
  }
  return [...parts.values()];
}

function checkHoles({ shell, holes }: Part): GeometryRefusal | undefined {
  for (const [i, hole] of holes.entries()) {
    const { path, ring } = hole.ring;
    if (!isWithin(hole, shell)) {
      return refused('hole_outside_shell', path, `the hole is not within the shell ${shell.ring.path}`, ring[0]);
    }
    const around = holes.find((other, k) => k !== i && isWithin(hole, other));
    if (around) return refused('holes_nested', path, `the hole lies within the hole ${around.ring.path}`, ring[0]);
  }
  return undefined;
}

// A part within another is fine in one of its holes (an island in a lake) and nowhere else.
function checkParts(parts: readonly Part[]): GeometryRefusal | undefined {
  for (const part of parts) {
    for (const other of parts) {
      if (other === part || !isWithin(part.shell, other.shell)) continue;
      if (other.holes.some((hole) => isWithin(part.shell, hole))) continue;
      const { path, ring } = part.shell.ring;
      return refused('parts_overlap', path, `the part lies within the part ${other.shell.ring.path}`, ring[0]);
    }
  }
  return undefined;
}

function isWithin(inner: BoxedRing, outer: BoxedRing): boolean {
  const [west, south, east, north] = inner.box;
  const boxFits = west >= outer.box[0] && south >= outer.box[1] && east <= outer.box[2] && north <= outer.box[3];
  return boxFits && ringWithin(inner.ring, outer.ring);
}
