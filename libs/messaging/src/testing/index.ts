export { eventually } from './eventually';
export { recordingHandler, type HandlerEvent, type HandlerHooks, type RecordingHandler } from './recording-handler';
export { kafkaAvailable, startKafkaBroker, type KafkaBroker, type KafkaBrokerOptions } from './kafka-broker';
export { PRODUCE, startKafkaProxy, type FrameFate, type KafkaProxy } from './kafka-broker-proxy';
export { kafkaTopicSurgery, type KafkaTopicSurgery } from './kafka-topic-surgery';
export { committedOffsets, untilCopiesInSync } from './look-at-cluster';
