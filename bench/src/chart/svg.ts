/** Where a chart is drawn, pixels. */
export const WIDTH = 760;

/** What things are drawn in: on white, and for whoever asks for dark, on black. */
const COLOURS = {
  ink: ['#24292f', '#e6edf3'],
  soft: ['#57606a', '#9198a1'],
  grid: ['#d0d7de', '#3d444d'],
  paper: ['#ffffff', '#0d1117'],
  goal: ['#cf222e', '#f85149'],
  first: ['#0969da', '#4493f8'],
  second: ['#bc4c00', '#f0883e'],
  third: ['#1a7f37', '#3fb950'],
  fourth: ['#8250df', '#ab7df8'],
  fifth: ['#bf3989', '#db61a2'],
} as const;

/** The name of a colour. */
export type Colour = keyof typeof COLOURS;

const OF_SERIES: readonly Colour[] = ['first', 'second', 'third', 'fourth', 'fifth'];

/** The colour of the series at this place. */
export function colourOf(at: number): Colour {
  return OF_SERIES[at % OF_SERIES.length]!;
}

/** Attributes that fill, or draw, in a colour: the light one for any viewer, the dark one by the style of the picture. */
export function fill(colour: Colour): string {
  return `class="fill-${colour}" fill="${COLOURS[colour][0]}"`;
}
export function stroke(colour: Colour): string {
  return `class="stroke-${colour}" stroke="${COLOURS[colour][0]}"`;
}

const DARK = Object.entries(COLOURS).map(
  ([name, [, dark]]) => `.fill-${name} { fill: ${dark} } .stroke-${name} { stroke: ${dark} }`,
);
const STYLE = `<style>@media (prefers-color-scheme: dark) { ${DARK.join(' ')} }</style>`;

/** A whole picture of these elements. */
export function svg(height: number, elements: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${round(height)}" font-family="sans-serif" font-size="12">`,
    STYLE,
    `<rect width="100%" height="100%" ${fill('paper')}/>`,
    ...elements,
    '</svg>',
    '',
  ].join('\n');
}

/** How a text stands and looks. */
export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly soft?: boolean;
}

/** A line of text. */
export function text(x: number, y: number, said: string, { anchor = 'start', soft = false }: TextStyle = {}): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" ${fill(soft ? 'soft' : 'ink')}>${escape(said)}</text>`;
}

/** What the picture is about, at its top. */
export function title(said: string): string {
  return `<text x="16" y="24" font-size="14" font-weight="bold" ${fill('ink')}>${escape(said)}</text>`;
}

/** Names beside their colours, in a row under the title. */
export function legend(entries: readonly (readonly [name: string, colour: Colour])[]): string[] {
  let left = 16;
  return entries.flatMap(([name, colour]) => {
    const at = left;
    left += 30 + name.length * 7;
    return [`<rect x="${at}" y="34" width="10" height="10" ${fill(colour)}/>`, text(at + 15, 43, name, { soft: true })];
  });
}

/** A straight line. */
export function line(from: Point, to: Point, colour: Colour, width = 1): string {
  return `<line x1="${round(from.x)}" y1="${round(from.y)}" x2="${round(to.x)}" y2="${round(to.y)}" stroke-width="${width}" ${stroke(colour)}/>`;
}

/** A place in a picture, pixels from its top left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** To a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A number as people read it: three digits that count. */
export function sayNumber(value: number): string {
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en-US');
}

/** Steps of 1, 2 or 5 times a power of ten from 0 to at least `most`, about five of them. */
export function ticksTo(most: number): readonly number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((candidate) => candidate >= rough)!;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

/** Text for between tags. */
export function escape(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
