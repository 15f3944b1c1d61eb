import type { Zone, ZoneSetTerms } from './zone-set';

/** How enter and exit are decided: on every fix, or on evidence. */
export type QuietProfile = 'immediate' | 'confirmed';

/** What a set says about how its zones are decided; what it leaves open is as `QUIET_DEFAULTS`. */
export interface QuietSettings {
  /** So much evidence confirms, in standard deviations gathered over several fixes: more is quieter and later. */
  readonly confirmAt?: number;
  /** So far beyond an edge counts for nothing, metres. */
  readonly marginM?: number;
  /** The error that a fix is thought to have as long as nothing is known about it, metres. */
  readonly noiseM?: number;
}

/** What a zone says otherwise than its set. */
export interface ZoneQuiet extends Omit<QuietSettings, 'noiseM'> {
  readonly profile?: QuietProfile;
}

/** What holds where nobody says anything: chosen by `npm run bench -- quiet` (ADR 0011). */
export const QUIET_DEFAULTS: Required<QuietSettings> = { confirmAt: 4, marginM: 0, noiseM: 8 };

/** How is this zone of the set decided? */
export function quietOf(definition: ZoneSetTerms, zone: Pick<Zone, 'quiet'>): Required<ZoneQuiet> {
  const { profile, quiet } = definition;
  return {
    profile: zone.quiet?.profile ?? profile,
    confirmAt: zone.quiet?.confirmAt ?? quiet?.confirmAt ?? QUIET_DEFAULTS.confirmAt,
    marginM: zone.quiet?.marginM ?? quiet?.marginM ?? QUIET_DEFAULTS.marginM,
  };
}
