import { describeDeliveryQueue } from './delivery-queue.contract';
import { memoryDeliveryQueue, type MemoryDelivery, type MemoryEndpoint } from './delivery-queue.memory';

describeDeliveryQueue('memory', async () => {
  const endpoints = new Map<string, MemoryEndpoint>();
  const deliveries = new Map<string, MemoryDelivery>();
  const queue = memoryDeliveryQueue(endpoints, deliveries);
  return {
    queue,
    async endpoint(endpoint) {
      endpoints.set(endpoint.id, { url: 'https://example.com/', secret: 'whsec_AAAA', ...endpoint });
    },
    async removeEndpoint(id) {
      endpoints.delete(id);
    },
    disabledReason: async (id) => endpoints.get(id)?.disabledReason,
    async delivery({ dueAt, ...delivery }) {
      const id = `dlv_${delivery.webhookId}`;
      deliveries.set(id, {
        id,
        type: 'test',
        body: '{}',
        status: 'pending',
        attempts: 0,
        nextAttemptAt: dueAt,
        createdAt: dueAt,
        ...delivery,
      });
    },
    status: async (webhookId) => deliveries.get(`dlv_${webhookId}`),
    attempts: async (webhookId) => queue.attempts.filter(({ deliveryId }) => deliveryId === `dlv_${webhookId}`),
  };
});
