/** "CORR" in ASCII: the first half of every advisory lock of ours. Prisma's own (72707369) is another kind; the two must never meet. */
const ours = 0x434f5252;

/** Keys of the advisory locks that live as long as a session: two int4 each. */
export const locks = {
  /** Held while migrations run. */
  migrate: [ours, 1],
  /** Held by the one process that uses an embedded server: the lock of the data folder. */
  dataFolder: [ours, 2],
} as const satisfies Record<string, readonly [number, number]>;
