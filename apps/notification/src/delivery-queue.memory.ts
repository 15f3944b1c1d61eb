import {
  GONE,
  HOPELESS,
  HOPELESS_MS,
  type AttemptResult,
  type ClaimedDelivery,
  type DeliveryQueue,
  type DisabledEndpoint,
} from './delivery-queue';

/** An endpoint as the queue in memory knows it. */
export interface MemoryEndpoint {
  readonly fleetId: string;
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly previousSecret?: string;
  readonly previousSecretUntil?: number;
  disabledReason?: string;
  failingSince?: number;
}

/** A delivery as the queue in memory keeps it. */
export interface MemoryDelivery extends Omit<ClaimedDelivery, 'attempt' | 'url' | 'secrets'> {
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  attempts: number;
  nextAttemptAt?: number;
  leaseUntil?: number;
  leasedBy?: string;
  readonly createdAt: number;
}

/** The queue for tests and small tools: the same rules over two maps. `endpoints` is keyed by endpoint id. */
export function memoryDeliveryQueue(endpoints: Map<string, MemoryEndpoint>, deliveries: Map<string, MemoryDelivery>) {
  const kept: AttemptResult[] = [];
  const enabled = ({ endpointId }: MemoryDelivery) => {
    const endpoint = endpoints.get(endpointId);
    return endpoint !== undefined && endpoint.disabledReason === undefined;
  };

  const queue: DeliveryQueue = {
    async takeBack(holder) {
      for (const delivery of deliveries.values()) if (delivery.leasedBy === holder) delivery.leaseUntil = undefined;
    },
    async claim(now, limits) {
      const leased = [...deliveries.values()].filter(({ leaseUntil }) => leaseUntil !== undefined && leaseUntil > now);
      const busy = { endpoint: countBy(leased, (d) => d.endpointId), fleet: countBy(leased, (d) => d.fleetId) };
      const due = [...deliveries.values()]
        .filter((d) => d.status === 'pending' && enabled(d) && d.nextAttemptAt! <= now && !(d.leaseUntil! > now))
        .sort((a, b) => a.nextAttemptAt! - b.nextAttemptAt!);
      const fair = inTurns(
        due,
        (d) => d.endpointId,
        (d) => limits.perEndpoint - (busy.endpoint.get(d.endpointId) ?? 0),
      );
      const chosen = inTurns(
        fair,
        (d) => d.fleetId,
        (d) => limits.perFleet - (busy.fleet.get(d.fleetId) ?? 0),
      ).slice(0, limits.limit);
      return chosen.map((delivery) => {
        delivery.attempts += 1;
        delivery.leaseUntil = now + limits.leaseMs;
        delivery.leasedBy = limits.holder;
        const { id, fleetId, endpointId, webhookId, type, body, attempts } = delivery;
        const { url, secret, previousSecret, previousSecretUntil = 0 } = endpoints.get(endpointId)!;
        const secrets = previousSecret !== undefined && previousSecretUntil > now ? [secret, previousSecret] : [secret];
        return { id, fleetId, endpointId, webhookId, type, body, attempt: attempts, url, secrets };
      });
    },
    async record(results) {
      const disabled: DisabledEndpoint[] = [];
      for (const result of results) {
        kept.push(result);
        const delivery = deliveries.get(result.deliveryId);
        if (delivery?.attempts === result.attempt) {
          if (result.outcome === 'delivered') delivery.status = 'delivered';
          else if (delivery.status === 'pending' && result.outcome === 'failed') delivery.status = 'failed';
          delivery.nextAttemptAt = delivery.status === 'pending' ? result.nextAttemptAt : undefined;
          delivery.leaseUntil = undefined;
        }
        const endpoint = endpoints.get(result.endpointId);
        if (endpoint === undefined) continue;
        const well = results.some(({ endpointId, outcome }) => endpointId === endpoint.id && outcome === 'delivered');
        endpoint.failingSince = well ? undefined : (endpoint.failingSince ?? result.at);
        const hopeless = !well && result.outcome === 'failed' && endpoint.failingSince! <= result.at - HOPELESS_MS;
        if (!(result.gone || hopeless)) continue;
        const reason = result.gone ? GONE : HOPELESS;
        if (endpoint.disabledReason === undefined)
          disabled.push({ fleetId: endpoint.fleetId, endpointId: endpoint.id, reason });
        endpoint.disabledReason ??= reason;
        for (const other of deliveries.values())
          if (other.endpointId === endpoint.id && other.status === 'pending') other.status = 'dropped';
      }
      return disabled;
    },
    async sweep() {
      let dropped = 0;
      for (const delivery of deliveries.values()) {
        if (delivery.status !== 'pending' || enabled(delivery)) continue;
        delivery.status = 'dropped';
        dropped += 1;
      }
      return { dropped, pending: [...deliveries.values()].filter(({ status }) => status === 'pending').length };
    },
    async expire(before) {
      const over = [...deliveries.values()].filter(
        ({ status, createdAt }) => status !== 'pending' && createdAt < before,
      );
      for (const { id } of over) deliveries.delete(id);
      return over.length;
    },
  };
  return { ...queue, attempts: kept as readonly AttemptResult[] };
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** One of each key, then the second of each, …; at most `most` of a key. */
function inTurns<T>(items: readonly T[], key: (item: T) => string, most: (item: T) => number): T[] {
  const seen = new Map<string, number>();
  const placed = items.map((item) => {
    const place = (seen.get(key(item)) ?? 0) + 1;
    seen.set(key(item), place);
    return { item, place };
  });
  return placed
    .filter(({ item, place }) => place <= most(item))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
