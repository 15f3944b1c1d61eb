/** What a scenario found, one promise after another. */
export interface Verdict {
  /** Keeps a promise, said as a sentence, and whether it held; `found` is said beside it. */
  that(promise: string, holds: boolean, found?: string | number): void;
  /** Something worth knowing that promises nothing. */
  fact(sentence: string): void;
  /** Whether every promise held and there was one at all. */
  holds(): boolean;
  /** Such as `7 passed, 0 failed`. */
  closing(): string;
}

/** A verdict that says each line as soon as it is known. */
export function createVerdict(say: (line: string) => void): Verdict {
  const count = { passed: 0, failed: 0 };
  return {
    that(promise, holds, found) {
      count[holds ? 'passed' : 'failed'] += 1;
      say(`${holds ? 'ok    ' : 'BROKEN'} ${promise}${found === undefined ? '' : `: ${found}`}`);
    },
    fact: (sentence) => say(`       ${sentence}`),
    holds: () => count.failed === 0 && count.passed > 0,
    closing: () => `${count.passed} passed, ${count.failed} failed`,
  };
}
