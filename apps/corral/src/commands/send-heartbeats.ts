import { sleep } from '@corral/runtime';
import { CommandFailure, explain, NoAnswer, type ApiAnswer, type ApiClient } from './api-client';

/** An item the server will not take, by its place in the batch. */
export interface RejectedItem {
  readonly index: number;
  readonly code: string;
  readonly detail?: string;
}

/** What became of a batch. */
export interface SentBatch {
  readonly accepted: number;
  readonly rejected: readonly RejectedItem[];
  /** How often it had to be sent again because the server was busy or away. */
  readonly resends: number;
}

/** Sends batches to one server, one after another. */
export interface HeartbeatSender {
  /**
   * Sends a batch until the server has answered it for good: a 429 or a 503 is waited out, and so is, for a minute, a server that had answered
   * before and is away now; a resend makes at worst a duplicate. Rejects with {@link CommandFailure} when it is refused as a whole, and with the
   * reason of an abort.
   */
  send(heartbeats: readonly unknown[], signal: AbortSignal): Promise<SentBatch>;
}

/** The most a request may hold. */
export const MAX_BATCH = 1_000;

const AWAY_LIMIT_MS = 60_000;
const AWAY_PAUSE_MS = 500;

/** A sender that has not been answered yet. `pause` waits; for tests. */
export function createHeartbeatSender(api: ApiClient, pause: typeof sleep = sleep): HeartbeatSender {
  let answered = false;

  async function send(heartbeats: readonly unknown[], signal: AbortSignal): Promise<SentBatch> {
    let awayMs = 0;
    for (let resends = 0; ; resends += 1) {
      const answer = await ask(heartbeats, signal);
      if (answer === 'away') {
        awayMs += AWAY_PAUSE_MS;
        if (awayMs > AWAY_LIMIT_MS) throw new NoAnswer(`No Corral answers at ${api.url} any more.`);
        await pause(AWAY_PAUSE_MS, signal);
        continue;
      }
      answered = true;
      awayMs = 0;
      const outcome = outcomeOf(answer);
      if (outcome !== undefined) return { ...outcome, resends };
      if (answer.status === 413 && heartbeats.length > 1) return sendHalves(heartbeats, signal);
      if (answer.status !== 429 && answer.status !== 503)
        throw new CommandFailure(`send heartbeats: ${explain(answer)}`);
      await pause(retryAfterMs(answer), signal);
    }
  }

  async function ask(heartbeats: readonly unknown[], signal: AbortSignal): Promise<ApiAnswer | 'away'> {
    try {
      return await api.request('POST', '/v1/heartbeats', { heartbeats }, signal);
    } catch (error) {
      if (error instanceof NoAnswer && answered) return 'away';
      throw error;
    }
  }

  async function sendHalves(heartbeats: readonly unknown[], signal: AbortSignal): Promise<SentBatch> {
    const middle = Math.ceil(heartbeats.length / 2);
    const first = await send(heartbeats.slice(0, middle), signal);
    const second = await send(heartbeats.slice(middle), signal);
    return {
      accepted: first.accepted + second.accepted,
      rejected: [...first.rejected, ...second.rejected.map((item) => ({ ...item, index: item.index + middle }))],
      resends: first.resends + second.resends,
    };
  }

  return { send };
}

/** The server's last word on a batch; undefined when it is none. */
function outcomeOf({ status, body }: ApiAnswer): Omit<SentBatch, 'resends'> | undefined {
  if (status !== 202 && status !== 400) return undefined;
  const said = body as Partial<SentBatch> | null;
  return said !== null && Array.isArray(said.rejected)
    ? { accepted: said.accepted ?? 0, rejected: said.rejected }
    : undefined;
}

function retryAfterMs(answer: ApiAnswer): number {
  const seconds = Number(answer.headers.get('retry-after'));
  return 1_000 * (seconds >= 1 ? seconds : 1);
}
