import { createLogger } from '@corral/runtime';
import type { AppendRecord } from '../event-log';
import { createKafkaAppender, type KafkaAppenderOptions } from './kafka-appender';
import { UnusableTopic } from './unusable-topic';

const never = new AbortController().signal;

describe('appending to Kafka', () => {
  it('sends to one partition at a time, and gathers what comes while a partition waits for its answer', async () => {
    const { appender, sends } = anAppender();
    const first = appender.append('t', [aRecord(0), aRecord(1), aRecord(0)], never);
    await turn();
    expect(sends.map(({ partition, messages }) => [partition, messages.length])).toEqual([
      [0, 2],
      [1, 1],
    ]);
    const later = [appender.append('t', [aRecord(0)], never), appender.append('t', [aRecord(0)], never)];
    await turn();
    expect(sends).toHaveLength(2);
    sends[0]!.answer();
    sends[1]!.answer();
    await first;
    await turn();
    expect(sends.slice(2).map(({ partition, messages }) => [partition, messages.length])).toEqual([[0, 2]]);
    sends[2]!.answer();
    await Promise.all(later);
  });

  it('says yes only after every partition has answered', async () => {
    const { appender, sends } = anAppender();
    let said = false;
    const append = appender.append('t', [aRecord(0), aRecord(1)], never).then(() => (said = true));
    await turn();
    sends[0]!.answer();
    await turn();
    expect(said).toBe(false);
    sends[1]!.answer();
    await append;
  });

  it('keeps a send within a thousand records and a megabyte', async () => {
    const { appender, sends } = anAppender();
    const many = appender.append(
      't',
      Array.from({ length: 2_500 }, () => aRecord(0)),
      never,
    );
    const large = appender.append(
      't',
      Array.from({ length: 3 }, () => aRecord(1, 400_000)),
      never,
    );
    for (let answered = 0; answered < 5; answered++) {
      await turn();
      sends[answered]!.answer();
    }
    await Promise.all([many, large]);
    expect(sends.filter(({ partition }) => partition === 0).map(({ messages }) => messages.length)).toEqual([
      1_000, 1_000, 500,
    ]);
    expect(sends.filter(({ partition }) => partition === 1).map(({ messages }) => messages.length)).toEqual([2, 1]);
  });

  it('tries again while somebody waits, and not a moment longer', async () => {
    const { appender, sends } = anAppender({ deadlineMs: 400 });
    const append = appender.append('t', [aRecord(0)], never);
    const answers = setInterval(() => sends.splice(0).forEach((send) => send.answer(new Error('not the leader'))), 10);
    await expect(append).rejects.toThrow('did not confirm within 0.4 s');
    clearInterval(answers);
    sends.forEach((send) => send.answer(new Error('not the leader')));
    await appender.close();
    expect(sends.length).toBeLessThanOrEqual(1);
  });

  it('refuses at once after a missed deadline, tries on a short one when Kafka answers again, and flows when one went through', async () => {
    let answers = false;
    const { appender, sends } = anAppender({
      deadlineMs: 100,
      trialDeadlineMs: 50,
      probe: async () => {
        if (!answers) throw new Error('nobody there');
      },
    });
    await expect(appender.append('t', [aRecord(0)], never)).rejects.toThrow('did not confirm within 0.1 s');
    expect(appender.reachable()).toBe(false);
    await expect(appender.append('t', [aRecord(1)], never)).rejects.toThrow('has not answered for');
    expect(sends).toHaveLength(1);

    answers = true;
    while (!appender.reachable()) await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(appender.append('t', [aRecord(1)], never)).rejects.toThrow('did not confirm within 0.05 s');
    expect(appender.reachable()).toBe(false);
    while (!appender.reachable()) await new Promise((resolve) => setTimeout(resolve, 20));
    const works = appender.append('t', [aRecord(2)], never);
    await turn();
    sends.at(-1)!.answer();
    await works;
    sends.forEach((send) => send.answer());
    await appender.close();
  });

  it('refuses everybody long before the deadline when nothing at all comes back and a question goes unanswered too', async () => {
    const { appender } = anAppender({
      suspectMs: 50,
      probe: async () => {
        throw new Error('nobody there');
      },
    });
    const appends = [0, 1].map((partition) => appender.append('t', [aRecord(partition)], never));
    const refusals = await Promise.allSettled(appends);
    expect(refusals.map((it) => (it.status === 'rejected' ? (it.reason as Error).message : it.status))).toEqual([
      'append: nothing at all comes back from Kafka',
      'append: nothing at all comes back from Kafka',
    ]);
    expect(appender.reachable()).toBe(false);
    await appender.close();
  });

  it('waits on in silence as long as Kafka answers questions: its leaders are moving', async () => {
    const { appender, sends } = anAppender({ suspectMs: 20 });
    const append = appender.append('t', [aRecord(0)], never);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(appender.reachable()).toBe(true);
    sends[0]!.answer();
    await append;
  });

  it('lets go of what waits behind a send that hangs: memory stays flat', async () => {
    const { appender, sends } = anAppender({ deadlineMs: 50, maxInFlightRecords: 10 });
    const hanging = appender.append('t', [aRecord(0)], never);
    await turn();
    const waiting = appender.append(
      't',
      Array.from({ length: 9 }, () => aRecord(0)),
      never,
    );
    await expect(appender.append('t', [aRecord(0)], never)).rejects.toThrow(
      'too much is on its way to Kafka already (10 records',
    );
    await expect(hanging).rejects.toThrow();
    await expect(waiting).rejects.toThrow();
    sends[0]!.answer();
    await turn();
    expect(sends).toHaveLength(1);
    const fits = appender.append(
      't',
      Array.from({ length: 10 }, () => aRecord(0)),
      never,
    );
    await turn();
    sends[1]!.answer();
    await fits;
  });

  it('refuses a record that no broker takes, and its neighbours in other appends go through', async () => {
    const { appender, sends } = anAppender();
    await expect(appender.append('t', [aRecord(0, 1_100_000)], never)).rejects.toThrow('more than Kafka takes');
    const fine = appender.append('t', [aRecord(0)], never);
    await turn();
    sends[0]!.answer();
    await fine;
  });

  it('does not take a missing topic for a missing broker', async () => {
    const { appender } = anAppender({
      checkTopic: async () => {
        throw new UnusableTopic('there is no topic t');
      },
    });
    await expect(appender.append('t', [aRecord(0)], never)).rejects.toThrow('append to t');
    expect(appender.reachable()).toBe(true);
  });

  it('stops waiting when its caller does', async () => {
    const { appender, sends } = anAppender();
    const caller = new AbortController();
    const append = appender.append('t', [aRecord(0)], caller.signal);
    caller.abort(new Error('the request is gone'));
    await expect(append).rejects.toThrow('the request is gone');
    await turn();
    expect(sends).toHaveLength(0);
  });
});

interface Send {
  readonly partition: number;
  /** By their place in what was appended. */
  readonly messages: readonly number[];
  answer(error?: Error): void;
}

function anAppender(over: Partial<KafkaAppenderOptions> = {}) {
  const sends: Send[] = [];
  const appender = createKafkaAppender({
    partitions: 3,
    sender: {
      offer: (source) =>
        void setImmediate(() => {
          const { picks: messages } = source.take();
          if (messages.length === 0) return source.settled();
          sends.push({ partition: source.partition, messages, answer: (error) => source.settled(error) });
        }),
    },
    checkTopic: () => undefined,
    probe: async () => undefined,
    logger: createLogger({ name: 'test', level: 'silent' }),
    ...over,
  });
  return { appender, sends };
}

function aRecord(partition: number, bytes = 10): AppendRecord {
  return { key: null, value: Buffer.alloc(bytes), timestamp: 1_795_000_000_000, partition };
}

/** Until what was begun in this turn has been sent. */
async function turn(): Promise<void> {
  for (let at = 0; at < 3; at++) await new Promise(setImmediate);
}
