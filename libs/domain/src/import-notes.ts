/** One remark about a file: which item of it (none: the document), why (a word), where (`features/6/geometry`), and a sentence. */
export interface ImportRemark<Code extends string> {
  readonly index?: number;
  readonly name?: string;
  readonly code: Code;
  readonly path: string;
  readonly detail: string;
}

/** What a file holds; `refused` as a whole when nothing in it can be used. */
export type Imported<Definition, Refusal extends string, Warning extends string> =
  | ({ readonly kind: 'ok'; readonly definition: Definition } & Remarks<Refusal, Warning>)
  | ({ readonly kind: 'refused'; readonly code: Refusal; readonly detail: string; readonly field?: string } & Remarks<
      Refusal,
      Warning
    >);

interface Remarks<Refusal extends string, Warning extends string> {
  readonly refused: readonly (ImportRemark<Refusal> & { readonly index: number })[];
  readonly warnings: readonly ImportRemark<Warning>[];
}

/** What there is to say about a file, gathered while it is read. */
export class ImportNotes<Refusal extends string, Warning extends string> {
  readonly refused: (ImportRemark<Refusal> & { readonly index: number })[] = [];
  readonly warnings: ImportRemark<Warning | 'warnings_cut'>[] = [];

  refuse(index: number, name: string | undefined, code: Refusal, path: string, detail: string): void {
    this.refused.push(storable({ index, name, code, path, detail }));
  }

  warn(code: Warning, path: string, detail: string, index?: number, name?: string): void {
    // A file that is odd a hundred thousand times over is told so a thousand times.
    if (this.warnings.length > MOST_WARNINGS) return;
    if (this.warnings.length === MOST_WARNINGS) {
      const said = `only the first ${MOST_WARNINGS} warnings are listed`;
      this.warnings.push({ code: 'warnings_cut', path: '', detail: said });
      return;
    }
    this.warnings.push(storable({ index, name, code, path, detail }));
  }

  /** The file is refused as a whole. */
  refusal(code: Refusal, detail: string, field?: string) {
    return { kind: 'refused', code, detail, field, refused: this.refused, warnings: this.warnings } as const;
  }
}

const MOST_WARNINGS = 1_000;

// A remark quotes what was wrong, and is stored beside what was right.
function storable<Remark extends ImportRemark<string>>(remark: Remark): Remark {
  const { name, path, detail } = remark;
  return { ...remark, name: name && storableText(name), path: storableText(path), detail: storableText(detail) };
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
