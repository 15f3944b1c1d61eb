import type { ExitCell, QuietFigures } from './bench-quiet';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [760, 420, 70, 60, 30, 190];
const COLOUR = { immediate: '#c0392b', confirmed: '#1f6fb2' } as const;
const LEAST = 0.05;

/**
 * False events against delay, as SVG: for each kind of error one point of either profile. Across, after how many seconds 95 of 100
 * exits at 5 m/s are known; up, how many false events a day a vehicle makes that stands 5 m from the edge (logarithmic).
 */
export function quietPlot({ parked, exits }: QuietFigures): string {
  const points = exits
    .filter(({ speedMps, speedTold, from, weather }) => {
      return speedMps === 5 && !speedTold && from === 'riding' && weather.accuracy === 'missing';
    })
    .map((exit) => ({ exit, perDay: meanBeside(exit) }));
  const latest = Math.ceil(Math.max(20, ...points.map(({ exit }) => exit.p95S)) / 5) * 5;
  const x = (seconds: number) => LEFT + (seconds / latest) * (WIDTH - LEFT - RIGHT);
  const decades = Math.log10(10_000 / LEAST);
  const y = (perDay: number) =>
    HEIGHT - BOTTOM - (Math.log10(Math.max(perDay, LEAST) / LEAST) / decades) * (HEIGHT - BOTTOM - TOP);
  const lines: string[] = [];
  for (let seconds = 0; seconds <= latest; seconds += 5) {
    lines.push(
      line(x(seconds), y(LEAST), x(seconds), TOP, '#e5e5e5'),
      text(x(seconds), HEIGHT - BOTTOM + 18, `${seconds}`),
    );
  }
  for (const perDay of [0.1, 1, 10, 100, 1_000, 10_000]) {
    lines.push(
      line(LEFT, y(perDay), WIDTH - RIGHT, y(perDay), '#e5e5e5'),
      text(LEFT - 8, y(perDay) + 4, `${perDay}`, 'end'),
    );
  }
  lines.push(
    `<rect x="${LEFT}" y="${round(y(1))}" width="${round(x(15) - LEFT)}" height="${round(y(LEAST) - y(1))}" fill="#dff0d8"/>`,
    text(LEFT + 8, y(LEAST) - 8, 'goal at σ 8 m, ρ 0.5', 'start'),
  );
  for (const { exit, perDay } of points) {
    const { sigmaM, correlation } = exit.weather;
    const radius = sigmaM === 3 ? 4 : sigmaM === 8 ? 6 : 8;
    const opacity = correlation === 0 ? 0.35 : correlation === 0.5 ? 0.65 : 1;
    lines.push(
      `<circle cx="${round(x(exit.p95S))}" cy="${round(y(perDay))}" r="${radius}" fill="${COLOUR[exit.profile]}" fill-opacity="${opacity}"><title>${exit.profile}, σ ${sigmaM} m, ρ ${correlation}: ${perDay.toFixed(2)} a day, ${exit.p95S.toFixed(1)} s</title></circle>`,
    );
  }
  const legend = [
    ['immediate', COLOUR.immediate],
    ['confirmed', COLOUR.confirmed],
  ] as const;
  for (const [i, [name, colour]] of legend.entries()) {
    lines.push(`<circle cx="${WIDTH - RIGHT + 24}" cy="${TOP + 12 + 24 * i}" r="6" fill="${colour}"/>`);
    lines.push(text(WIDTH - RIGHT + 38, TOP + 16 + 24 * i, name, 'start'));
  }
  for (const [i, said] of ['size: σ 3, 8, 15 m', 'shade: ρ 0, 0.5, 0.9', 'accuracy missing'].entries())
    lines.push(text(WIDTH - RIGHT + 18, TOP + 72 + 20 * i, said, 'start'));
  lines.push(
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, 'seconds until 95 % of exits at 5 m/s are known'),
    `<text transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">false events a day, 5 m from the edge</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...lines,
    '</svg>',
    '',
  ].join('\n');

  function meanBeside({ profile, weather }: ExitCell): number {
    const beside = parked.filter(
      (cell) =>
        cell.profile === profile &&
        cell.everyS === 5 &&
        Math.abs(cell.insideM) === 5 &&
        !cell.weather.jumps &&
        !cell.weather.heavyTails &&
        cell.weather.accuracy === weather.accuracy &&
        cell.weather.sigmaM === weather.sigmaM &&
        cell.weather.correlation === weather.correlation,
    );
    return beside.reduce((sum, { falseEventsPerDay }) => sum + falseEventsPerDay, 0) / beside.length;
  }
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, said: string, anchor = 'middle'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${said}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
