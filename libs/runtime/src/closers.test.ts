import { Closers } from './closers';

describe('closers', () => {
  test('what was opened last is closed first', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add('database', () => void order.push('database'));
    closers.add('http', async () => void order.push('http'));
    await closers.close();
    expect(order).toEqual(['http', 'database']);
  });

  test('closing twice, also at the same time, closes each thing once', async () => {
    let closed = 0;
    const closers = new Closers();
    closers.add('database', () => void closed++);
    await Promise.all([closers.close(), closers.close()]);
    await closers.close();
    expect(closed).toBe(1);
  });

  test('one that cannot be closed does not keep the others open, and is named afterwards', async () => {
    let closed = false;
    const closers = new Closers();
    closers.add('database', () => void (closed = true));
    closers.add('log', () => Promise.reject(new Error('the broker is gone')));
    await expect(closers.close()).rejects.toThrow('close log');
    expect(closed).toBe(true);
  });

  test('what a start still opens while closing has begun is closed too', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add('database', () => void order.push('database'));
    closers.add('log', () => closers.add('late', () => void order.push('late')));
    await closers.close();
    expect(order).toEqual(['late', 'database']);
  });
});
