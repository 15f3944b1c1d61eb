/** A topic that is not there, or not as it must be: no broker's fault, and no waiting helps. */
export class UnusableTopic extends Error {
  override readonly name = 'UnusableTopic';
}

/** A topic that has another number of partitions: order and ownership are pinned to it, so it cannot be changed. */
export function wrongPartitionCount(topic: string, found: number, wanted: number): UnusableTopic {
  return new UnusableTopic(
    `topic ${topic} has ${found} partitions, ${wanted} are wanted: ` +
      `delete the topic if nothing in it is needed, or set CORRAL_PARTITIONS=${found} if the database is still empty`,
  );
}
