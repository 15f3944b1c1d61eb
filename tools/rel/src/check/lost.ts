/** A line of `acks.ndjson`: an item whose complete 2xx was read. Time is epoch milliseconds. */
export interface Acknowledged {
  readonly vehicleId: string;
  readonly measuredAt: number;
  readonly lat?: number;
  readonly lng?: number;
  readonly state?: string;
}

/** A report found in the topic, and where. */
export interface Found extends Acknowledged {
  readonly fleetId?: string;
  readonly partition: number;
  readonly offset: number;
}

/** What else is known, to say where a heartbeat was lost. */
export interface Evidence {
  /** Of the topic, every report. */
  readonly topic: Iterable<Found>;
  readonly isInTrack: (item: Acknowledged) => boolean;
  /** Which offset of a partition history reads next. */
  readonly historyNextOffset: (partition: number) => number;
  readonly isDeadLetter: (partition: number, offset: number) => boolean;
  /** Which partition a vehicle's records belong to. */
  readonly partitionOf: (vehicleId: string) => number;
  /** Whether the bytes lie in the broker's files; undefined where there are none to look at. */
  readonly isInSegment?: (item: Acknowledged, partition: number) => boolean;
}

/** An acknowledged heartbeat that is not where it must be. */
export interface Lost {
  readonly item: Acknowledged;
  readonly from: 'topic' | 'track';
  /** A sentence: where it was lost. */
  readonly where: string;
}

/** The result of `rel check lost`. */
export interface LostReport {
  readonly acknowledged: number;
  readonly inTopic: number;
  /** Reports that are in the topic more than once: harmless, but said. */
  readonly copies: number;
  readonly lost: readonly Lost[];
}

/** Which acknowledged heartbeats are not in the topic, or not in the track, and where was each lost? */
export function findLost(acks: Iterable<Acknowledged>, evidence: Evidence): LostReport {
  const topic = new Map<string, Found>();
  let inTopic = 0;
  let copies = 0;
  for (const found of evidence.topic) {
    const key = keyOf(found);
    if (topic.has(key)) copies += 1;
    else topic.set(key, found);
    inTopic += 1;
  }
  const lost: Lost[] = [];
  let acknowledged = 0;
  for (const item of acks) {
    acknowledged += 1;
    const found = topic.get(keyOf(item));
    if (found === undefined) lost.push({ item, from: 'topic', where: whyNotInTopic(item, evidence) });
    else if (!evidence.isInTrack(item)) lost.push({ item, from: 'track', where: whyNotInTrack(found, evidence) });
  }
  return { acknowledged, inTopic, copies, lost };
}

// The position belongs to it: a record of the same time with other values is another report.
function keyOf({ vehicleId, measuredAt, lat, lng, state }: Acknowledged): string {
  return `${vehicleId}\u0000${measuredAt}\u0000${lat}\u0000${lng}\u0000${state}`;
}

function whyNotInTopic(item: Acknowledged, { partitionOf, isInSegment }: Evidence): string {
  const partition = partitionOf(item.vehicleId);
  const read = `not in the topic, partition ${partition} read from its first to its last offset`;
  if (isInSegment === undefined) return read;
  return isInSegment(item, partition)
    ? `${read}; the broker's log segment holds its bytes: appended, but not readable`
    : `${read}; the broker's log segment does not hold it either: it was acknowledged and never appended, or lost by the broker`;
}

function whyNotInTrack({ partition, offset }: Found, evidence: Evidence): string {
  const place = `in the topic at partition ${partition} offset ${offset}`;
  const next = evidence.historyNextOffset(partition);
  if (next <= offset) return `${place}; history has not come that far, it reads ${next} next`;
  if (evidence.isDeadLetter(partition, offset)) return `${place}; history set it aside as a dead letter`;
  return `${place}; history went past it (reads ${next} next) and did not write it`;
}
