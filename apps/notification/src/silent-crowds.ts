import { lockSilentCrowd, type AlertRow, type Queryable, type SilentCrowd } from '@corral/database';
import {
  FEWEST_IN_MASS,
  massSilence,
  MASS_WITHIN_MS,
  placeCell,
  type AlertDecision,
  type MassSilence,
  type Violation,
} from '@corral/domain';

/** What became of an alert about many, or of one that it made needless; and the violation that showed it. */
export interface CrowdDecision {
  readonly violation: Violation;
  readonly decision: Exclude<AlertDecision<AlertRow>, { kind: 'nothing' }>;
}

/** The silences of a flush that belong together. */
export interface SilentCrowds {
  /** Is this silence one of many? Then it has no alert of its own. */
  take(violation: Violation): boolean;
  /** Might this silence turn out to be one of many within the next half minute? Then people are told of it only after that. */
  mayBecomeMass(violation: Violation): boolean;
  /** What the flush changed, once each. */
  decisions(): readonly CrowdDecision[];
}

/** Reads what there is around the silences of a flush, and decides which are one alert. */
export async function openSilentCrowds(tx: Queryable, violations: readonly Violation[]): Promise<SilentCrowds> {
  const silences = violations.filter(({ kind }) => kind === 'silent');
  const fleets = new Map<string, Crowd>();
  for (const fleetId of [...new Set(silences.map((silence) => silence.fleetId))].sort()) {
    const times = silences.filter((silence) => silence.fleetId === fleetId).map(({ openedAt }) => openedAt);
    const span = [Math.min(...times) - MASS_WITHIN_MS, Math.max(...times) + MASS_WITHIN_MS] as const;
    fleets.set(fleetId, createCrowd(fleetId, await lockSilentCrowd(tx, fleetId, ...span)));
  }
  return {
    take: (violation) => violation.kind === 'silent' && fleets.get(violation.fleetId)!.take(violation),
    mayBecomeMass: (violation) => violation.kind === 'silent' && fleets.get(violation.fleetId)!.size >= FEWEST_IN_MASS,
    decisions: () => [...fleets.values()].flatMap((crowd) => crowd.decisions()),
  };
}

interface Crowd extends Pick<SilentCrowds, 'take' | 'decisions'> {
  readonly size: number;
}

function createCrowd(fleetId: string, read: SilentCrowd): Crowd {
  const { silent, single, fleet, cells } = read;
  const mass = new Map(read.mass.map((alert) => [alert.id, alert]));
  const seen = new Map<string, Violation>();
  const memberOf = (id: string) => [...mass.values()].find(({ violationIds }) => violationIds.includes(id));

  // Those that follow a mass within half a minute belong to it; of the rest a new one may be made.
  for (const one of [...silent].sort((a, b) => a.openedAt - b.openedAt)) {
    if (memberOf(one.violationId)) continue;
    const cell = one.position && placeCell(one.position);
    const joined = [...mass.values()].find(
      ({ episode, lastAt }) =>
        Math.abs(one.openedAt - lastAt) <= MASS_WITHIN_MS &&
        (episode === episodeOf(fleetId, undefined) || episode === episodeOf(fleetId, cell)),
    );
    if (joined) mass.set(joined.id, withMembers(joined, [one]));
  }
  const alone = silent.filter(({ violationId }) => !memberOf(violationId));
  const found = massSilence(alone, { fleet, cells });
  if (found) {
    const known = [...mass.values()].find(({ episode }) => episode === episodeOf(fleetId, found.cell));
    const alert = known ? withMembers(known, found.members) : newMass(fleetId, found);
    mass.set(alert.id, alert);
  }
  const needless = single.filter(({ violationIds }) => violationIds.every((id) => memberOf(id)));

  return {
    size: fleet,
    take(violation) {
      const alert = memberOf(violation.id);
      if (!alert) return false;
      if (violation.revision > (alert.violationRevisions[violation.id] ?? 0)) {
        const violationRevisions = { ...alert.violationRevisions, [violation.id]: violation.revision };
        mass.set(alert.id, { ...alert, violationRevisions });
        seen.set(alert.id, violation);
      }
      return true;
    },
    decisions() {
      const quiet = needless.map((alert): CrowdDecision => {
        const [id] = alert.violationIds;
        const cause = [...seen].find(([massId]) => mass.get(massId)!.violationIds.includes(id!))?.[1];
        const resolved = { status: 'resolved', resolution: 'cleared', episode: undefined } as const;
        const now = { ...alert, ...resolved, resolvedAt: alert.lastAt, revision: alert.revision + 1 };
        return {
          violation: cause ?? [...seen.values()][0]!,
          decision: { kind: 'resolved', reason: 'of_mass', tell: 'nobody', alert: now },
        };
      });
      const changed = [...seen].map(([id, violation]) => ({
        violation,
        decision: decisionOf(
          mass.get(id)!,
          read.mass.find((alert) => alert.id === id),
          violation,
        ),
      }));
      return [...(seen.size > 0 ? quiet : []), ...changed];
    },
  };
}

function decisionOf(now: AlertRow, before: AlertRow | undefined, violation: Violation): CrowdDecision['decision'] {
  const areBack = now.violationIds.every((id) => (now.violationRevisions[id] ?? 0) >= 2);
  const revision = (before?.revision ?? 0) + 1;
  const alert: AlertRow = areBack
    ? {
        ...now,
        revision,
        status: 'resolved',
        resolution: 'cleared',
        episode: undefined,
        resolvedAt: violation.closedAt ?? now.lastAt,
      }
    : { ...now, revision };
  if (!before) return { kind: 'opened', reason: 'mass_silence', tell: 'route', alert };
  if (areBack) return { kind: 'resolved', reason: 'cleared', tell: 'told', alert };
  return { kind: 'updated', reason: 'of_mass', tell: 'nobody', alert };
}

function episodeOf(fleetId: string, cell: number | undefined): string {
  return JSON.stringify([fleetId, 'mass_silence', '', cell ?? '']);
}

function newMass(fleetId: string, { cell, members }: MassSilence): AlertRow {
  const openedAt = Math.min(...members.map((member) => member.openedAt));
  const first = members.find((member) => member.openedAt === openedAt)!;
  return {
    // From the first silence, beside the alert that it would have had alone.
    id: `alt_${first.violationId.slice(first.violationId.indexOf('_') + 1)}m`,
    revision: 0,
    fleetId,
    kind: 'mass_silence',
    severity: 'critical',
    status: 'open',
    title: `${members.length} vehicles fell silent at once${cell === undefined ? '' : ' in one place'}`,
    violationIds: members.map(({ violationId }) => violationId),
    violationRevisions: {},
    count: members.length,
    openedAt,
    lastAt: Math.max(...members.map((member) => member.openedAt)),
    episode: episodeOf(fleetId, cell),
  };
}

function withMembers(alert: AlertRow, members: MassSilence['members']): AlertRow {
  return {
    ...alert,
    violationIds: [...alert.violationIds, ...members.map(({ violationId }) => violationId)],
    count: alert.count + members.length,
    lastAt: Math.max(alert.lastAt, ...members.map(({ openedAt }) => openedAt)),
  };
}
