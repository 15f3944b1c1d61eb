import { once } from 'node:events';
import type { Response } from 'express';
import { toApiShape } from '@corral/contracts';
import type { LiveKind } from '@corral/contracts/http';
import type { Caller } from '../http/route';
import type { OutboxEntry } from './outbox-reader';

/** Beyond it the client does not keep up: it is let go and resumes. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

/** What a client wants to hear. */
export interface LiveWish {
  readonly caller: Caller;
  readonly kinds: ReadonlySet<LiveKind>;
  readonly vehicleIds?: ReadonlySet<string> | undefined;
}

/** One open stream. */
export interface LiveClient extends LiveWish {
  /** Tells a fact or alert; the cursor resumes after it. */
  tell(entry: OutboxEntry, cursor: () => string): void;
  /** Tells where a vehicle is: without a cursor, for this is not kept. */
  tellTelemetry(vehicleId: string, vehicle: () => string): void;
  /** Shows that the stream lives, and moves the cursor of a client that heard nothing for long. */
  keepAlive(cursor: string): void;
  /** Waits until the client has taken what was written. */
  drained(signal: AbortSignal): Promise<void>;
  end(): void;
}

/** Begins the answer. */
export function openLiveClient(response: Response, wish: LiveWish, cursor: string): LiveClient {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that buffer would keep events for themselves.
    'x-accel-buffering': 'no',
  });
  let told = cursor;
  // An id without data: a client that hears nothing before it loses us still knows where it was.
  response.write(`retry: 1000\nid: ${cursor}\n: corral\n\n`);

  function write(text: string): void {
    if (response.destroyed || response.writableEnded) return;
    response.write(text);
    if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
  }

  function wants(kind: LiveKind, vehicleId: string): boolean {
    return wish.kinds.has(kind) && (wish.vehicleIds === undefined || wish.vehicleIds.has(vehicleId));
  }

  return {
    ...wish,
    tell(entry, cursorAfter) {
      const kind = kindOf(entry.type);
      if (kind === undefined || !wants(kind, entry.vehicleId)) return;
      told = cursorAfter();
      write(`event: ${kind}\nid: ${told}\ndata: ${dataOf(entry)}\n\n`);
    },
    tellTelemetry(vehicleId, vehicle) {
      // News of positions are worth nothing late: who does not keep up gets the next ones.
      if (!wants('telemetry', vehicleId) || response.writableLength > MOST_BUFFERED_BYTES / 4) return;
      write(`event: telemetry\ndata: ${vehicle()}\n\n`);
    },
    keepAlive(now) {
      write(now === told ? ': keep-alive\n\n' : `: keep-alive\nid: ${now}\n\n`);
      told = now;
    },
    async drained(signal) {
      if (response.writableNeedDrain) await once(response, 'drain', { signal });
    },
    end: () => void response.end(),
  };
}

/** `geofence_event.entered` is of the kind `geofence_event`. */
function kindOf(type: string): LiveKind | undefined {
  const [kind] = type.split('.');
  return kind === 'geofence_event' || kind === 'violation' || kind === 'alert' ? kind : undefined;
}

const shapes = new WeakMap<OutboxEntry, string>();

/** Written once, however many clients hear it. */
function dataOf(entry: OutboxEntry): string {
  let text = shapes.get(entry);
  if (text === undefined) {
    const { data } = JSON.parse(entry.payload) as { data: Record<string, unknown> };
    text = JSON.stringify(toApiShape(data));
    shapes.set(entry, text);
  }
  return text;
}
