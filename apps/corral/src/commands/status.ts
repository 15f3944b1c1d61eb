import type { Print } from './add-commands';
import type { ApiClient } from './api-client';

interface StatusAnswer {
  readonly partitions: readonly {
    consumer: string;
    topic: string;
    partition: number;
    lag?: number;
    watermark?: string;
    parked?: string;
  }[];
  readonly deadLetters: Readonly<Record<string, number>> | readonly unknown[];
}

/** `corral status`: one line per consumer, and what an operator has to look at. */
export async function status(api: ApiClient, print: Print): Promise<void> {
  const answer = await api.expect<StatusAnswer>('GET', '/v1/status');
  const byConsumer = Map.groupBy(answer.partitions, (partition) => partition.consumer);
  const lines = [...byConsumer].map(([consumer, partitions]) => {
    const lag = partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
    const parked = partitions.filter((partition) => partition.parked !== undefined && partition.parked !== null);
    const oldest = partitions
      .map((partition) => partition.watermark ?? '')
      .filter((at) => at !== '')
      .sort()[0];
    return [
      `${consumer.padEnd(14)} ${String(partitions.length).padStart(3)} partitions, ${lag} records behind${oldest === undefined ? '' : `, oldest watermark ${oldest}`}`,
      ...parked.map((partition) => `  PARKED ${partition.topic}/${partition.partition}: ${partition.parked}`),
    ].join('\n');
  });
  print(answer, [...lines, `dead letters: ${JSON.stringify(answer.deadLetters)}`].join('\n'));
}
