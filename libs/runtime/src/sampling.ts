import { ConfigError, type Environment } from './config';
import { readTraceparent } from './trace-parent';

/** Decides whether a request that comes in is traced, before anything is made for it. `incoming` is its `traceparent`, if it has one. */
export type Sampling = (incoming: string | undefined) => boolean;

/** The samplers of OTEL_TRACES_SAMPLER. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** One request of a hundred, and whatever its caller traces. */
const DEFAULT_RATIO = 0.01;

/**
 * The sampling that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG ask for; `parentbased_traceidratio` of one in a hundred when they say nothing.
 * `random` is in [0, 1).
 * @throws ConfigError when they mean nothing
 */
export function readSampling(env: Environment, random: () => number = Math.random): Sampling {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_traceidratio';
  if (!(SAMPLERS as readonly string[]).includes(name))
    throw new ConfigError([`OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(', ')}, not ${JSON.stringify(name)}`]);
  const given = env.OTEL_TRACES_SAMPLER_ARG;
  const ratio = given ? Number(given) : DEFAULT_RATIO;
  if (!(ratio >= 0 && ratio <= 1))
    throw new ConfigError([`OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, not ${JSON.stringify(given)}`]);

  const parentBased = name.startsWith('parentbased_');
  const alone = name.endsWith('always_on') ? 1 : name.endsWith('always_off') ? 0 : ratio;
  return (incoming) => {
    if (parentBased && incoming !== undefined) {
      const parent = readTraceparent(incoming);
      if (parent) return parent.sampled;
    }
    return alone >= 1 || (alone > 0 && random() < alone);
  };
}
