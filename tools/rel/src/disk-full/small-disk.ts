import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small disk that can be filled. */
export interface SmallDisk {
  freeMb(): number;
  /** Leaves only so much room. */
  fill(leaveMb: number): void;
  /** Makes room again. */
  empty(): void;
  unmount(): void;
}

/** Mounts a tmpfs over an empty folder; a sentence why not where this place does not let us. */
export function mountSmallDisk(folder: string, sizeMb: number): SmallDisk | string {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) return `a small disk cannot be mounted here: ${(stderr || (error?.message ?? '')).trim()}`;
  const ballast = join(folder, 'ballast');
  const freeMb = () => {
    const { bavail, bsize } = statfsSync(folder);
    return (bavail * bsize) / 1_048_576;
  };
  return {
    freeMb,
    fill: (leaveMb) => writeFileSync(ballast, Buffer.alloc(Math.max(0, Math.floor((freeMb() - leaveMb) * 1_048_576)))),
    empty: () => rmSync(ballast, { force: true }),
    unmount: () => void spawnSync('umount', ['-l', folder]),
  };
}
