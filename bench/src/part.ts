import type { parseArgs } from 'node:util';
import type { options } from './options';

/** The flags of the command line. */
export type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** A figure without a unit, which does not depend much on the machine: ours against what was measured beside it, or of one size against another. */
export interface Ratio {
  /** Such as `ingest.single.cpuRatioToGo`. */
  readonly name: string;
  readonly value: number;
  readonly better: 'lower' | 'higher';
}

/** Something that is measured: its figures are plain data, and everything that is shown is made from them. */
export interface Part<Figures> {
  readonly name: string;
  /** One line for `--help`. */
  readonly help: string;
  measure(flags: Flags, say: (line: string) => void): Promise<Figures>;
  table(figures: Figures): string;
  /** The page that has the table, with its marks. */
  readonly page: string;
  /** Pictures of it by their path in the repository, as SVG. */
  pictures(figures: Figures): Readonly<Record<string, string>>;
  /** What may not become worse. */
  ratios(figures: Figures): readonly Ratio[];
}

/** A part among others: figures come from the same part, or from a file that it wrote. */
export type AnyPart = Part<unknown>;

/** A part of which only its own methods know what figures look like. */
export function aPart<Figures>(part: Part<Figures>): AnyPart {
  return part as unknown as AnyPart;
}

/** A whole number above 0, or `otherwise` when it is not given. */
export function whole(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`not a whole number above 0: ${text}`);
  return number;
}
