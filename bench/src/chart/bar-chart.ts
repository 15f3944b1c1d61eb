import { colourOf, fill, legend, line, round, sayNumber, svg, text, ticksTo, title, WIDTH, type Colour } from './svg';

/** One bar, with the line that it should not, or should, reach. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Which of the {@link BarChart.series} it is of. */
  readonly series: number;
  readonly goal?: number;
}

/** Bars beside each other, all in one unit. */
export interface BarChart {
  readonly title: string;
  /** What the axis shows, with its unit. */
  readonly axis: string;
  readonly series: readonly string[];
  readonly bars: readonly Bar[];
}

const [LEFT, RIGHT, TOP, ROW, BAR, BOTTOM] = [210, 70, 58, 22, 14, 46];

/** Draws them lying, each with its figure; a goal is a red mark across its bar. */
export function barChart({ title: said, axis, series, bars }: BarChart): string {
  const ticks = ticksTo(Math.max(...bars.map(({ value, goal = 0 }) => Math.max(value, goal))));
  const most = ticks.at(-1)!;
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const end = TOP + bars.length * ROW;
  return svg(end + BOTTOM, [
    title(said),
    ...legend([...series.map((name, at) => [name, colourOf(at)] as const), ...goalLegend(bars)]),
    ...ticks.flatMap((tick) => [
      line({ x: x(tick), y: TOP - 6 }, { x: x(tick), y: end }, 'grid'),
      text(x(tick), end + 16, sayNumber(tick), { anchor: 'middle', soft: true }),
    ]),
    ...bars.flatMap(({ label, value, series: at, goal }, row) => {
      const y = TOP + row * ROW;
      return [
        text(LEFT - 8, y + BAR - 3, label, { anchor: 'end' }),
        `<rect x="${LEFT}" y="${y}" width="${round(x(value) - LEFT)}" height="${BAR}" ${fill(colourOf(at))}/>`,
        text(x(Math.max(value, goal ?? 0)) + 6, y + BAR - 3, sayNumber(value)),
        ...(goal === undefined ? [] : [line({ x: x(goal), y: y - 3 }, { x: x(goal), y: y + BAR + 3 }, 'goal', 2.5)]),
      ];
    }),
    text((LEFT + WIDTH - RIGHT) / 2, end + 36, axis, { anchor: 'middle' }),
  ]);
}

function goalLegend(bars: readonly Bar[]): readonly (readonly [string, Colour])[] {
  return bars.some(({ goal }) => goal !== undefined) ? [['goal', 'goal']] : [];
}
