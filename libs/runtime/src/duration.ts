const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
// A year is 365.25 days and a month a twelfth of it: these durations bound ages, they do not count birthdays.
const YEAR_MS = 365.25 * MS.d;

const ISO =
  /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SHORT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/;

/**
 * How many milliseconds a duration means: ISO 8601 (`P7D`, `P30Y`, `PT10S`, `P1DT12H`) or short (`500ms`, `10s`, `5m`, `2h`, `7d`).
 * Undefined when it is neither.
 */
export function parseDuration(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short) return Math.round(Number(short[1]) * MS[short[2] as keyof typeof MS]);
  const iso = ISO.exec(text);
  if (!iso) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Math.round(
    years * YEAR_MS +
      (months * YEAR_MS) / 12 +
      weeks * MS.w +
      days * MS.d +
      hours * MS.h +
      minutes * MS.m +
      seconds * MS.s,
  );
}

/** The shortest ISO 8601 way to say a duration given in milliseconds, days being the largest unit: `P7D`, `PT1H30M`. */
export function formatDuration(ms: number): string {
  const days = Math.floor(ms / MS.d);
  const hours = Math.floor((ms % MS.d) / MS.h);
  const minutes = Math.floor((ms % MS.h) / MS.m);
  const seconds = (ms % MS.m) / MS.s;
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  if (!days && !time) return 'PT0S';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
