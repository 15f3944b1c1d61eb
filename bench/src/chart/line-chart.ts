import {
  colourOf,
  escape,
  fill,
  legend,
  line,
  round,
  sayNumber,
  stroke,
  svg,
  text,
  ticksTo,
  title,
  WIDTH,
  type Colour,
} from './svg';

/** What goes along one axis. */
export interface Axis {
  /** With its unit. */
  readonly label: string;
  /** Every place on the axis, from left to right; they stand at even distances, whatever lies between them. */
  readonly places: readonly number[];
}

/** Points joined by a line; a place without one is left out. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [place: number, value: number])[];
  /** Drawn dashed and red: where the others should stay below. */
  readonly goal?: boolean;
}

/** Lines over one axis, all in one unit. */
export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  /** What goes up, with its unit. */
  readonly y: string;
  readonly series: readonly Series[];
}

const [LEFT, RIGHT, TOP, HEIGHT, BOTTOM] = [70, 30, 62, 240, 52];

/** Draws them, from 0 up, so that a flat line is one that costs the same. */
export function lineChart({ title: said, x: axis, y: unit, series }: LineChart): string {
  const ticks = ticksTo(Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value))));
  const most = ticks.at(-1)!;
  const apart = (WIDTH - LEFT - RIGHT) / Math.max(1, axis.places.length);
  const x = (place: number) => LEFT + (axis.places.indexOf(place) + 0.5) * apart;
  const y = (value: number) => TOP + HEIGHT - (value / most) * HEIGHT;
  const colours = series.map(({ goal }, at) => (goal ? 'goal' : colourOf(at)));
  return svg(TOP + HEIGHT + BOTTOM, [
    title(said),
    ...legend(series.map(({ name }, at) => [name, colours[at]!] as const)),
    ...ticks.flatMap((tick) => [
      line({ x: LEFT, y: y(tick) }, { x: WIDTH - RIGHT, y: y(tick) }, 'grid'),
      text(LEFT - 8, y(tick) + 4, sayNumber(tick), { anchor: 'end', soft: true }),
    ]),
    ...axis.places.map((place) =>
      text(x(place), TOP + HEIGHT + 18, place.toLocaleString('en-US'), { anchor: 'middle', soft: true }),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, TOP + HEIGHT + 40, axis.label, { anchor: 'middle' }),
    `<text transform="translate(20 ${TOP + HEIGHT / 2}) rotate(-90)" text-anchor="middle" ${fill('ink')}>${escape(unit)}</text>`,
    ...series.flatMap(({ name, points, goal }, at) => {
      const path = points.map(([place, value]) => `${round(x(place))},${round(y(value))}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke-width="2"${goal ? ' stroke-dasharray="5 4"' : ''} ${stroke(colours[at]!)}/>`,
        ...(goal
          ? []
          : points.map(([place, value]) => dot(x(place), y(value), colours[at]!, `${name}: ${sayNumber(value)}`))),
      ];
    }),
  ]);
}

function dot(x: number, y: number, colour: Colour, said: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="4" ${fill(colour)}><title>${escape(said)}</title></circle>`;
}
