import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';
import type { OpenSilence } from './silence';

/** Writes a silence that was told; `head` is the time it is counted from. */
export function writeSilence(to: ByteWriter, head: number, silent: OpenSilence, place: (text: string) => number): void {
  const { openedAt, zoneSetVersion, limitS, tripId, lng, lat } = silent;
  const placed = lng !== undefined && lat !== undefined;
  to.byte(placed ? PLACED : 0);
  to.signed(openedAt - head);
  to.whole(zoneSetVersion);
  to.number(limitS);
  to.whole(tripId === undefined ? 0 : place(tripId) + 1);
  if (!placed) return;
  to.double(lng);
  to.double(lat);
}

/** Reads what `writeSilence` wrote; times and texts are known only once all was read. */
export function readSilence(from: ByteReader): (head: number, texts: readonly string[]) => OpenSilence {
  const placed = (from.byte() & PLACED) !== 0;
  const openedFrom = from.signed();
  const zoneSetVersion = from.whole();
  const limitS = from.number();
  const trip = from.whole();
  const lng = placed ? from.double() : undefined;
  const lat = placed ? from.double() : undefined;
  return (head, texts) => ({
    openedAt: head + openedFrom,
    zoneSetVersion,
    limitS,
    tripId: texts[trip - 1],
    lng,
    lat,
  });
}

const PLACED = 1;
