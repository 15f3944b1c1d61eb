import { PRODUCE, startKafkaProxy } from '@corral/messaging/testing';
import { createFaultDice, NO_FAULTS, type FaultCounts, type Faults } from './faults';

/** The proxies of a rig, one before each broker. */
export interface Proxies {
  /** Given a broker's port, the port of the proxy before it; for `startKafkaBroker({ advertise })`. */
  advertise(brokerPort: number): Promise<number>;
  /** From now on these faults, decided by this seed; answers what the faults until now did. */
  set(faults: Faults, seed: number): FaultCounts;
  /** What the faults in force did so far. */
  counts(): FaultCounts;
  close(): Promise<void>;
}

/** No proxy yet: each broker gets one when it says its port. */
export function createProxies(): Proxies {
  const open: Awaited<ReturnType<typeof startKafkaProxy>>[] = [];
  let faults = NO_FAULTS;
  let dice = createFaultDice(0, () => faults);
  return {
    async advertise(brokerPort) {
      const proxy = await startKafkaProxy();
      proxy.onRequest(({ apiKey }) => (apiKey === PRODUCE ? dice.ofRequest() : 'pass'));
      proxy.onAnswer(({ apiKey }) => (apiKey === PRODUCE ? dice.ofReply() : 'pass'));
      proxy.delayAnswers(faults.latencyMs);
      open.push(proxy);
      return proxy.advertise(brokerPort);
    },
    set(next, seed) {
      const before = dice.counts();
      faults = next;
      dice = createFaultDice(seed, () => faults);
      for (const proxy of open) proxy.delayAnswers(next.latencyMs);
      return before;
    },
    counts: () => dice.counts(),
    async close() {
      await Promise.all(open.splice(0).map((proxy) => proxy.close()));
    },
  };
}
