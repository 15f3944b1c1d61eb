/** What a scripted receiver does with one request. */
export interface ScriptedAnswer {
  readonly status: number;
  /** Before it answers, milliseconds. */
  readonly delayMs: number;
}

/** Reads a script such as `500x3,429,200~2000x10`: statuses, how often, and after `~` how many milliseconds late; after its end all are 200. Undefined when it is none. */
export function parseScript(text: string): readonly ScriptedAnswer[] | undefined {
  const answers: ScriptedAnswer[] = [];
  for (const part of text.split(',').filter((one) => one !== '')) {
    const found = /^([1-5]\d\d)(?:~(\d+))?(?:x(\d+))?$/.exec(part);
    if (found === null) return undefined;
    const answer = { status: Number(found[1]), delayMs: Number(found[2] ?? 0) };
    for (let times = Number(found[3] ?? 1); times > 0; times -= 1) answers.push(answer);
  }
  return answers;
}

/** The answers of a script, one request after the other. */
export function createAnswers(script: readonly ScriptedAnswer[]): () => ScriptedAnswer {
  let next = 0;
  return () => script[next++] ?? { status: 200, delayMs: 0 };
}
