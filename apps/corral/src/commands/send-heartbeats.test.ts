import { CommandFailure, NoAnswer, type ApiAnswer, type ApiClient } from './api-client';
import { createHeartbeatSender } from './send-heartbeats';

const never = new AbortController().signal;
const ok = (accepted: number, rejected: object[] = []) =>
  answer(rejected.length > accepted ? 400 : 202, { accepted, rejected });
const busy = (status: number, seconds?: string) => answer(status, { code: 'busy' }, seconds);

function answer(status: number, body: object, retryAfter?: string): ApiAnswer {
  return { status, body, headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) };
}

/** A server that answers with these, one after another; an error is nobody answering. */
function aServer(answers: (ApiAnswer | Error)[]) {
  const batches: unknown[][] = [];
  const pauses: number[] = [];
  const api: ApiClient = {
    url: 'http://corral.example',
    expect: () => Promise.reject(new Error('nobody asks this')),
    async request(_method, _path, body) {
      batches.push((body as { heartbeats: unknown[] }).heartbeats);
      const next = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (next instanceof Error) throw next;
      return next;
    },
  };
  const sender = createHeartbeatSender(api, async (ms) => void pauses.push(ms));
  return { sender, batches, pauses };
}

test('a busy server is waited out, for as long as it says, and the same batch is sent again', async () => {
  const { sender, batches, pauses } = aServer([
    busy(429, '3'),
    busy(503),
    busy(503, 'Sat, 21 Nov 2026 10:00:00 GMT'),
    ok(2),
  ]);
  expect(await sender.send([1, 2], never)).toEqual({ accepted: 2, rejected: [], resends: 3 });
  expect(batches).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(pauses).toEqual([3_000, 1_000, 1_000]);
});

test('what is refused is told by its place; even when nothing was acceptable it is the last word', async () => {
  const rejected = [{ index: 0, code: 'latitude_out_of_range' }];
  const { sender, batches } = aServer([ok(0, rejected)]);
  expect(await sender.send([1], never)).toEqual({ accepted: 0, rejected, resends: 0 });
  expect(batches).toHaveLength(1);
});

test('a server that was there before and is away is waited for; one that never answered is a failure at once', async () => {
  const away = new NoAnswer('No Corral answers');
  await expect(aServer([away]).sender.send([1], never)).rejects.toBe(away);
  const { sender, pauses } = aServer([ok(1), away, away, ok(1)]);
  await sender.send([1], never);
  expect(await sender.send([2], never)).toMatchObject({ accepted: 1, resends: 2 });
  expect(pauses).toEqual([500, 500]);
});

test('a server that stays away for a minute is given up', async () => {
  const { sender, pauses } = aServer([ok(1), new NoAnswer('No Corral answers')]);
  await sender.send([1], never);
  await expect(sender.send([2], never)).rejects.toThrow('No Corral answers at http://corral.example any more.');
  expect(pauses).toHaveLength(120);
});

test('a batch that is too large is sent in halves, and places are those of the whole', async () => {
  const { sender, batches } = aServer([
    answer(413, { code: 'too_large' }),
    ok(2),
    ok(1, [{ index: 1, code: 'null_island' }]),
  ]);
  expect(await sender.send([1, 2, 3, 4], never)).toEqual({
    accepted: 3,
    rejected: [{ index: 3, code: 'null_island' }],
    resends: 0,
  });
  expect(batches).toEqual([
    [1, 2, 3, 4],
    [1, 2],
    [3, 4],
  ]);
});

test('any other answer is a failure in the server’s words', async () => {
  const { sender } = aServer([answer(403, { code: 'scope_missing', detail: 'This key may not send heartbeats.' })]);
  const failed = sender.send([1], never);
  await expect(failed).rejects.toBeInstanceOf(CommandFailure);
  await expect(failed).rejects.toThrow('send heartbeats: This key may not send heartbeats. [403 scope_missing]');
});
