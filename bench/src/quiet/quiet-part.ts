import { aPart, whole } from '../part';
import { benchQuiet, type QuietFigures } from './bench-quiet';
import { quietPlot } from './quiet-plot';
import { quietTable } from './quiet-table';

/** `npm run bench -- quiet`. */
export const quietPart = aPart<QuietFigures>({
  name: 'quiet',
  help: 'false events of parked vehicles and delays of exits under `immediate` and `confirmed`, in made-up weather (some minutes)',
  async measure(flags, say) {
    const days = Number(flags.days ?? (flags.quick ? 0.05 : 2));
    if (!(days > 0)) throw new Error(`--days ${flags.days}: not a number above 0`);
    return benchQuiet({ days, exits: whole(flags.exits, flags.quick ? 20 : 100), seed: whole(flags.seed, 1), say });
  },
  table: quietTable,
  page: 'docs/quiet.md',
  pictures: (figures) => ({ 'docs/quiet.svg': quietPlot(figures) }),
  // The same dice give the same events on every machine: tests say what they may be.
  ratios: () => [],
});
