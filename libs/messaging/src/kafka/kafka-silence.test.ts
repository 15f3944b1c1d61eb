import { setTimeout as sleep } from 'node:timers/promises';
import { watchForSilence } from './kafka-silence';

function aWatch(probe: () => Promise<void>) {
  const seen = { silences: 0, probes: 0, waiting: false };
  const watch = watchForSilence({
    waiting: () => seen.waiting,
    probe: () => {
      seen.probes++;
      return probe();
    },
    silent: () => {
      seen.silences++;
      seen.waiting = false;
    },
    suspectMs: 60,
    probeMs: 60,
  });
  return {
    seen,
    watch,
    wait() {
      seen.waiting = true;
      watch.begin();
    },
  };
}

const neverSettles = () => new Promise<void>(() => undefined);

describe('a Kafka that falls silent', () => {
  it('is asked, and given up when that is not answered either', async () => {
    const { seen, watch, wait } = aWatch(neverSettles);
    wait();
    await sleep(300);
    expect(seen).toMatchObject({ silences: 1, probes: 1 });
    watch.close();
  });

  it('is given up at once when it refuses the question', async () => {
    const { seen, watch, wait } = aWatch(async () => {
      throw new Error('connection refused');
    });
    wait();
    await sleep(110);
    expect(seen.silences).toBe(1);
    watch.close();
  });

  it('is waited for while it answers questions: its leaders are moving', async () => {
    const { seen, watch, wait } = aWatch(async () => undefined);
    wait();
    await sleep(300);
    expect(seen.silences).toBe(0);
    expect(seen.probes).toBeGreaterThan(1);
    watch.close();
  });

  it('is not asked while appends are answered', async () => {
    const { seen, watch, wait } = aWatch(neverSettles);
    wait();
    for (let at = 0; at < 20; at++) {
      await sleep(10);
      watch.answered();
    }
    expect(seen).toMatchObject({ silences: 0, probes: 0 });
    watch.close();
  });

  it('is not given up when an append is answered while the question is on its way', async () => {
    const { seen, watch, wait } = aWatch(neverSettles);
    wait();
    await sleep(90);
    expect(seen.probes).toBe(1);
    watch.answered();
    await sleep(50);
    expect(seen.silences).toBe(0);
    watch.close();
  });

  it('is left in peace while nobody waits', async () => {
    const { seen, watch, wait } = aWatch(neverSettles);
    wait();
    seen.waiting = false;
    await sleep(200);
    expect(seen).toMatchObject({ silences: 0, probes: 0 });
    watch.close();
  });
});
