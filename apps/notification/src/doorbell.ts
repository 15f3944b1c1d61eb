/** Wakes one waiting loop early; a ring while it is busy is not lost. */
export function createDoorbell() {
  let ringing = false;
  let answer: (() => void) | undefined;
  return {
    ring(): void {
      ringing = true;
      answer?.();
    },
    /** Settles when it rang since last asked, at the latest after `ms`. */
    async rung(ms: number): Promise<void> {
      if (!ringing) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          answer = () => (clearTimeout(timer), resolve());
        });
        answer = undefined;
      }
      ringing = false;
    },
  };
}
