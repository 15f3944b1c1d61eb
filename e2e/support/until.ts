/** Asks again and again until there is an answer; fails with what was waited for. Errors of `ask` pass through. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  options: { withinMs?: number; everyMs?: number; onTimeout?: () => unknown } = {},
): Promise<Answer> {
  const { withinMs = 20_000, everyMs = 50 } = options;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline)
      throw new Error(`after ${withinMs} ms, still waiting until ${what}: ${JSON.stringify(options.onTimeout?.())}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
