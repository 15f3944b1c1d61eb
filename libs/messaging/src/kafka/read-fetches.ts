import type { Broker, Cluster } from 'kafkajs';
import { decodeFetch } from './decode-fetch';

const FETCH = 1;
/** The newest that kafkajs speaks and every Kafka from 2.3 on. */
const DECODED_VERSION = 11;

interface Protocol {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(bytes: Buffer): Promise<unknown> };
}

type Lookup = (apiKey: number, definitions: unknown) => (options: unknown) => Protocol;

const ours = new WeakSet<Lookup>();

/**
 * Has what this cluster's brokers answer to Fetch read by {@link decodeFetch}, and by kafkajs where that does not know it. kafkajs keeps the way a
 * broker is spoken to with the broker, and makes it anew with each connection; it asks the cluster for the broker before each fetch.
 */
export function readFetchesOurselves(cluster: Cluster): void {
  const find = cluster.findBroker.bind(cluster);
  cluster.findBroker = async (which) => {
    const broker = await find(which);
    const spoken = broker as Broker & { lookupRequest: Lookup };
    if (!ours.has(spoken.lookupRequest)) ours.add((spoken.lookupRequest = withOurDecoder(spoken.lookupRequest)));
    return broker;
  };
}

function withOurDecoder(lookup: Lookup): Lookup {
  return (apiKey, definitions) => {
    const protocol = lookup(apiKey, definitions);
    if (apiKey !== FETCH) return protocol;
    return (options) => {
      const spoken = protocol(options);
      if (spoken.request.apiVersion !== DECODED_VERSION) return spoken;
      const { response } = spoken;
      const decode = async (bytes: Buffer) => decodeFetch(bytes) ?? (await response.decode(bytes));
      return { ...spoken, response: { ...response, decode } };
    };
  };
}
