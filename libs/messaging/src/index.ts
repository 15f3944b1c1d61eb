export {
  connectEventLog,
  connectTopicAdmin,
  type ConnectEventLogOptions,
  type EventLogConfig,
} from './connect-event-log';
export { connectService, waitForLog, type ServiceConfig, type ServiceConnections } from './connect-service';
export {
  MustPark,
  OwnershipLost,
  placeInLog,
  saysAnotherLog,
  type AppendRecord,
  type ConsumeOptions,
  type Consumption,
  type EventLog,
  type ParkedPartition,
  type PartitionBounds,
  type PartitionHandler,
  type Placement,
  type StoredRecord,
  type TopicAdmin,
} from './event-log';
export {
  createMemoryEventLog,
  createMemoryStore,
  createMemoryTopicAdmin,
  type MemoryEventLog,
  type MemoryEventLogOptions,
  type MemoryStore,
} from './event-log.memory';
export { packRecords, unpackRecords, type PackedRecords } from './packed-records';
export { murmur2, partitionFor, partitionOf } from './murmur2';
export {
  consumeFenced,
  type ConsumeFenced,
  type FencedConsumerOptions,
  type FencedConsumption,
  type FencedObserver,
  type Flush,
  type FlushPartition,
  type OutboxMessage,
} from './fenced-consumer';
export { observeConsumption, type ObserveConsumptionOptions, type ObservedConsumption } from './observe-consumption';
export { connectPostgresLog, type PostgresLogOptions } from './event-log.postgres';
export { createPostgresTopicAdmin } from './postgres/topic-admin';
export { connectKafkaLog, type KafkaLogOptions } from './kafka/event-log.kafka';
export { kafkaConnectionFrom, type KafkaConnection, type KafkaLogin } from './kafka/kafka-connection';
export { createKafkaTopicAdmin } from './kafka/kafka-topics';
export { lookAtKafka, type KafkaLook } from './kafka/look-at-kafka';
