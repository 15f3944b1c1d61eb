import { readFileSync } from 'node:fs';

/** The answer of a management port, or status 0 where nobody answered within two seconds. */
export async function askManagement(
  base: string,
  path: '/livez' | '/readyz' | '/metrics',
): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(new URL(path, base), { signal: AbortSignal.timeout(2_000) });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: '' };
  }
}

/** The sum of a metric's series whose labels contain `labels`; 0 when there is none. */
export async function readMetric(base: string, name: string, labels = ''): Promise<number> {
  const { text } = await askManagement(base, '/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(/ ([^ ]+)$/.exec(line.trim())?.[1] ?? 0), 0);
}

/** Resident memory of a process, megabytes (Linux: from /proc); 0 when it has gone. */
export function residentMb(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
