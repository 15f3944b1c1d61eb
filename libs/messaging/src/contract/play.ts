import type { Consumption, EventLog, StoredRecord } from '../event-log';
import { eventually } from '../testing/eventually';
import type { RecordingHandler } from '../testing/recording-handler';
import { never } from './cast';

/** One store (memory, a PostgreSQL, a broker) on which the suite plays. */
export interface EventLogStage {
  /** Opens the log as one process does: each call is another process over the same store, with at least 4 partitions. The suite closes it. */
  open(): Promise<EventLog>;
  /** Makes a topic that nobody else uses, with the log's partition count, and gives its name. */
  createTopic(): Promise<string>;
  /** What retention does: the partition's records below `before` are gone. */
  forget(topic: string, partition: number, before: number): Promise<void>;
  /** Adds a record without a value, as only strangers do. */
  appendTombstone(topic: string, partition: number, key: string): Promise<void>;
  /** A log as {@link open} gives, whose store stopped answering after it was opened. The suite closes it. */
  openUnreachable(): Promise<EventLog>;
  close(): Promise<void>;
}

/** What one test has at hand: a log, a topic of its own, and everything it opens is closed after it. */
export interface EventLogPlay {
  readonly stage: EventLogStage;
  readonly log: EventLog;
  readonly topic: string;
  open(): Promise<EventLog>;
  consume(by: EventLog, handler: RecordingHandler, maxBatch?: number): Promise<Consumption>;
  readAll(by: EventLog, partition: number, from?: number): Promise<StoredRecord[]>;
  /** Settles when every partition was assigned to one of these. */
  allAssigned(handlers: readonly RecordingHandler[]): Promise<unknown>;
  closeLater(log: EventLog): void;
  stopLater(consumption: Consumption): void;
}

/** Sets the stage for the tests of the enclosing `describe`. */
export function stagePlay(start: () => Promise<EventLogStage>): EventLogPlay {
  let stage: EventLogStage;
  let log: EventLog;
  let topic: string;
  const opened = new Set<EventLog>();
  const consuming = new Set<Consumption>();

  beforeAll(async () => {
    stage = await start();
  });
  beforeEach(async () => {
    topic = await stage.createTopic();
    log = await play.open();
  });
  afterEach(async () => {
    await Promise.all([...consuming].map((consumption) => consumption.stop()));
    consuming.clear();
    await Promise.all([...opened].map((another) => another.close()));
    opened.clear();
  });
  afterAll(() => stage?.close());

  const play: EventLogPlay = {
    get stage() {
      return stage;
    },
    get log() {
      return log;
    },
    get topic() {
      return topic;
    },
    async open() {
      const another = await stage.open();
      opened.add(another);
      return another;
    },
    async consume(by, handler, maxBatch) {
      const consumption = await by.consume({ consumer: `of-${topic}`, topic, handler, maxBatch });
      consuming.add(consumption);
      return consumption;
    },
    async readAll(by, partition, from = 0) {
      const records: StoredRecord[] = [];
      for await (const record of by.read(topic, partition, from, never)) records.push(record);
      return records;
    },
    allAssigned: (handlers) =>
      eventually('every partition is assigned', () => {
        const seen = handlers.flatMap(({ events }) => events.filter(({ kind }) => kind === 'assigned'));
        return new Set(seen.map(({ partition }) => partition)).size === log.partitions;
      }),
    closeLater: (another) => void opened.add(another),
    stopLater: (consumption) => void consuming.add(consumption),
  };
  return play;
}
