import { isPromised, type ExitCell, type ParkedCell, type QuietFigures } from './bench-quiet';
import type { Weather } from './weather';

/** The figures as Markdown: false events a day, how exits are found, and every cell that misses its goal. */
export function quietTable({ seed, parked, exits }: QuietFigures): string {
  const weak = parked.filter((cell) => cell.profile === 'confirmed' && cell.falseEventsPerDay > goalOf(cell));
  return [
    `Seed ${seed}; parked for ${daysOf(parked)}. False events a day of a vehicle that stands, \`immediate\` → \`confirmed\`, by metres inside of the edge (negative: outside).`,
    '',
    parkedTable(parked),
    '',
    weak.length === 0
      ? `All ${parked.length / 2} cells are within their goals.`
      : `Over its goal: ${weak.map((cell) => `${nameOf(cell)}, ${cell.insideM} m: ${shown(cell.falseEventsPerDay)} (${goalOf(cell)})`).join('; ')}.`,
    '',
    'Exits: how many were found, and how long after the edge they were known, p50 / p95 in seconds, `immediate` → `confirmed`, accuracy missing.',
    '',
    exitTable(exits),
    '',
    weakExits(exits),
    '',
  ].join('\n');
}

/** So many false events a day are allowed in a cell (issue 4). */
export function goalOf({ weather, everyS, insideM }: ParkedCell): number {
  if (isPromised(weather, everyS, insideM)) return 1;
  const goal = weather.correlation <= 0.5 ? 5 : 24;
  return weather.accuracy === 'dishonest' || weather.jumps ? 2 * goal : goal;
}

function daysOf(parked: readonly ParkedCell[]): string {
  const least = Math.min(...parked.map(({ days }) => days));
  return `${least} ${least === 1 ? 'day' : 'days'} (so that one event counts as ${shown(1 / least)} a day), in the cell of the promise longer`;
}

function parkedTable(parked: readonly ParkedCell[]): string {
  const insides = [...new Set(parked.map(({ insideM }) => insideM))];
  const rows = [...new Set(parked.map(nameOf))];
  const cellsOf = (name: string) => parked.filter((cell) => nameOf(cell) === name);
  return [
    `| weather | ${insides.map((inside) => `${inside} m`).join(' | ')} |`,
    `| --- | ${insides.map(() => '---:').join(' | ')} |`,
    ...rows.map((name) => {
      const cells = cellsOf(name);
      const values = insides.map((inside) => {
        const of = (profile: string) => cells.find((cell) => cell.insideM === inside && cell.profile === profile)!;
        return `${Math.round(of('immediate').falseEventsPerDay)} → ${shown(of('confirmed').falseEventsPerDay)}`;
      });
      return `| ${name} | ${values.join(' | ')} |`;
    }),
  ].join('\n');
}

function nameOf({ weather, everyS }: ParkedCell): string {
  return `${weatherName(weather)}${everyS === 5 ? '' : `, a fix each ${everyS} s`}`;
}

function weatherName({ sigmaM, correlation, accuracy, jumps, heavyTails }: Weather): string {
  const more = `${jumps ? ', jumps' : ''}${heavyTails ? ', heavy tails' : ''}`;
  return `σ ${sigmaM} m, ρ ${correlation}, ${accuracy}${more}`;
}

function exitTable(exits: readonly ExitCell[]): string {
  const some = exits.filter(({ weather }) => weather.accuracy === 'missing');
  const rows = [...new Set(some.map(rideName))];
  const speeds = [...new Set(some.map(({ speedMps }) => speedMps))];
  return [
    `| from, weather | ${speeds.map((speed) => `${speed} m/s`).join(' | ')} |`,
    `| --- | ${speeds.map(() => '---:').join(' | ')} |`,
    ...rows.map((name) => {
      const values = speeds.map((speed) => {
        const of = (profile: string) =>
          some.find((one) => rideName(one) === name && one.speedMps === speed && one.profile === profile)!;
        return `${delayName(of('immediate'))} → ${delayName(of('confirmed'))}`;
      });
      return `| ${name} | ${values.join(' | ')} |`;
    }),
  ].join('\n');
}

function rideName({ from, weather, speedTold }: ExitCell): string {
  return `${from}${speedTold ? ', speed told' : ''}, σ ${weather.sigmaM} m, ρ ${weather.correlation}`;
}

function delayName({ p50S, p95S, found, exits }: ExitCell): string {
  return `${p50S.toFixed(0)} / ${p95S.toFixed(1)}${found < exits ? ` (${exits - found} of ${exits} not found)` : ''}`;
}

function weakExits(exits: readonly ExitCell[]): string {
  const confirmed = exits.filter(({ profile }) => profile === 'confirmed');
  const lost = confirmed.reduce((sum, cell) => sum + cell.exits - cell.found, 0);
  const all = confirmed.reduce((sum, cell) => sum + cell.exits, 0);
  const late = confirmed.filter(
    ({ weather, speedMps, p95S }) => weather.sigmaM === 8 && weather.correlation === 0.5 && speedMps >= 5 && p95S > 15,
  );
  const names = late.map(
    (cell) => `${rideName(cell)}, ${cell.weather.accuracy}, ${cell.speedMps} m/s: ${cell.p95S.toFixed(1)} s`,
  );
  return `Under \`confirmed\` ${all - lost} of ${all} exits were found. Later than 15 s (p95) at σ 8 m, ρ 0.5 and 5 m/s or more: ${names.join('; ') || 'none'}.`;
}

function shown(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}
