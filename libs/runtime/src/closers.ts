import type { Logger } from './logger';

/**
 * What must be closed, as a stack: whoever opens something adds its closing at once, and the last opened is closed first.
 * Closing is safe twice and after a start that failed half way.
 */
export class Closers {
  readonly #stack: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #closing: Promise<void> | undefined;

  /** Adds what closes the thing just opened. Once closing has begun it is closed right after what is being closed now. */
  add(name: string, close: () => Promise<void> | void): void {
    this.#stack.push({ name, close });
  }

  /** Closes all, last opened first. One that fails does not keep the others open; the first failure is thrown at the end. */
  close(logger?: Logger): Promise<void> {
    this.#closing ??= this.#closeAll(logger);
    return this.#closing;
  }

  async #closeAll(logger?: Logger): Promise<void> {
    let failure: { error: unknown } | undefined;
    for (let next = this.#stack.pop(); next; next = this.#stack.pop()) {
      try {
        await next.close();
        logger?.debug({ closed: next.name }, 'closed');
      } catch (error) {
        const wrapped = new Error(`close ${next.name}`, { cause: error });
        failure ??= { error: wrapped };
        logger?.warn({ err: error, closing: next.name }, 'could not be closed cleanly');
      }
    }
    if (failure) throw failure.error;
  }
}
