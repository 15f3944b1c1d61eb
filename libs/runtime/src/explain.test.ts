import { explain } from './explain';

test('a chain of errors reads as one sentence', () => {
  const error = new Error('load zones', {
    cause: new Error('connect to PostgreSQL', { cause: new Error('connection refused') }),
  });
  expect(explain(error)).toBe('load zones: connect to PostgreSQL: connection refused');
});

test('what a cause repeats is said once, on one line, without passwords', () => {
  const error = new Error('connect to postgres://me:hunter2@db/x', {
    cause: new Error('connect to postgres://me:hunter2@db/x'),
  });
  expect(explain(error)).toBe('connect to postgres://me:***@db/x');
  expect(explain(new Error('one\n  two'))).toBe('one two');
});

test('reasons inside an aggregate are told', () => {
  expect(explain(new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]))).toBe(
    'refused by ::1, refused by 127.0.0.1',
  );
});
