import type { StoredRecord } from './event-log';

/** Watches one partition for more dead letters than records can be at fault for: a bad deploy must not set a day aside. */
export interface PoisonLimit {
  /** Told what was committed, in order, and the offsets of what was set aside; answers why the partition should stand still, if it should. */
  note(records: readonly StoredRecord[], setAside: ReadonlySet<number>): string | undefined;
}

/** So many in a row. */
const IN_A_ROW = 100;
/** So many among so many: 1 %. */
const AMONG = 100;
const WINDOW = 10_000;
/** Fewer vehicles than these do not speak for all. */
const VEHICLES = 5;
/** One vehicle beyond this in a row is a case of its own: it does not count, or a single bike would darken its partition. */
const OF_ONE_VEHICLE = 20;

/** A limit that nothing has come near yet. Vehicles are told apart by the record's key; a record without one counts as its own. */
export function createPoisonLimit(): PoisonLimit {
  /** By vehicle, how many in a row. */
  const runs = new Map<string, number>();
  let row = newCount();
  let among = newCount();
  let seen = 0;

  function noteOne(record: StoredRecord, setAside: boolean): string | undefined {
    const vehicle = record.key;
    if (++seen > WINDOW) {
      among = newCount();
      seen = 1;
    }
    if (!setAside) {
      // Without a key it is a tick, which says nothing of the records around it.
      if (vehicle === null) return undefined;
      runs.delete(vehicle);
      if (row.letters > 0) row = newCount();
      return undefined;
    }
    if (vehicle !== null) {
      const run = (runs.get(vehicle) ?? 0) + 1;
      runs.set(vehicle, run);
      if (run > OF_ONE_VEHICLE) return undefined;
    }
    const who = vehicle ?? `offset ${record.offset}`;
    for (const count of [row, among]) {
      count.letters++;
      count.vehicles.add(who);
    }
    if (row.letters >= IN_A_ROW && row.vehicles.size >= VEHICLES)
      return `${row.letters} records in a row became dead letters, the last at offset ${record.offset}`;
    if (among.letters >= AMONG && among.vehicles.size >= VEHICLES)
      return `${among.letters} of ${seen} records became dead letters, the last at offset ${record.offset}`;
    return undefined;
  }

  return {
    note(records, setAside) {
      // The usual case costs nothing but the count.
      if (setAside.size === 0 && row.letters === 0 && runs.size === 0) {
        seen += records.length;
        if (seen > WINDOW) {
          among = newCount();
          seen = 0;
        }
        return undefined;
      }
      let reason: string | undefined;
      for (const record of records) reason ??= noteOne(record, setAside.has(record.offset));
      return reason;
    },
  };
}

function newCount(): { letters: number; vehicles: Set<string> } {
  return { letters: 0, vehicles: new Set() };
}
