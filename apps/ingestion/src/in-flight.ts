import type { Metrics } from '@corral/runtime';

/** What may be in flight at once, so that memory stays flat while the log is slow. */
export interface InFlightLimits {
  readonly items: number;
  readonly bytes: number;
}

/** One request's share of what is in flight. */
export interface Passage {
  /** Corrects the share once it is known; false when that is too much. */
  resize(items: number, bytes: number): boolean;
  /** Safe to call twice. */
  leave(): void;
}

/** The door that counts: undefined when it is full. There is no queue. */
export interface InFlight {
  enter(bytes: number): Passage | undefined;
}

/** Counts what is in flight, by items and by bytes. */
export function createInFlight(limits: InFlightLimits, metrics: Metrics): InFlight {
  const now = { items: 0, bytes: 0 };
  const itemsGauge = metrics.gauge('corral_ingestion_inflight_items');
  const bytesGauge = metrics.gauge('corral_ingestion_inflight_bytes');
  itemsGauge.onRead(() => itemsGauge.set(now.items));
  bytesGauge.onRead(() => bytesGauge.set(now.bytes));

  return {
    enter(bytes) {
      const share = { items: 0, bytes: 0 };
      const resize = (items: number, size: number) => {
        now.items += items - share.items;
        now.bytes += size - share.bytes;
        share.items = items;
        share.bytes = size;
        return now.items <= limits.items && now.bytes <= limits.bytes;
      };
      const leave = () => void resize(0, 0);
      if (resize(0, bytes)) return { resize, leave };
      leave();
      return undefined;
    },
  };
}
