/** How far a reader is: the last `seq` seen of each `<consumer>/<partition>`. What is missing was not seen at all. */
export type LiveVector = ReadonlyMap<string, number>;

/** The vector as the opaque `id:` of an event. */
export function writeLiveCursor(vector: LiveVector): string {
  const places = [...vector].filter(([, seq]) => seq > 0).map(([place, seq]) => `${place}=${seq}`);
  return Buffer.from(places.join(',')).toString('base64url') || EMPTY;
}

/** The vector of a cursor; undefined if this is none of ours. */
export function readLiveCursor(text: string): LiveVector | undefined {
  if (text === EMPTY) return new Map();
  if (!/^[\w-]{1,65536}$/.test(text)) return undefined;
  const vector = new Map<string, number>();
  for (const place of Buffer.from(text, 'base64url').toString('utf8').split(',')) {
    const [, name, seq] = /^([a-z]{1,32}\/\d{1,6})=(\d{1,15})$/.exec(place) ?? [];
    if (name === undefined || seq === undefined) return undefined;
    vector.set(name, Number(seq));
  }
  return vector;
}

/** Before anything ever happened; base64url of no text would be no text. */
const EMPTY = '0';
