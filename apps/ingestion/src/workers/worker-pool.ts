import cluster, { type Worker } from 'node:cluster';
import {
  mergeMetrics,
  renderMetrics,
  sleep,
  type MetricSnapshot,
  type RenderedMetrics,
  type RoleContext,
} from '@corral/runtime';
import { REPORT_EVERY_MS, type FromWorker, type ToWorker } from './worker-messages';

/** Processes that listen on one port, and are started again when they end. */
export interface WorkerPool {
  /** Of all of them and of this process, each series with a label `worker`. */
  readonly metrics: RenderedMetrics;
  /** Starts them. Settles once the first listens, rejects when it ends instead: it has said why on stderr. */
  start(): Promise<{ readonly port: number }>;
}

/** One place of the pool, and who has it now. */
interface Seat {
  readonly name: string;
  worker: Worker | undefined;
  /** By the clock of `performance.now()`. */
  heardAt: number;
  startedAt: number;
  /** In a row, soon after their start. */
  failures: number;
  /** Its last word; undefined until it listens. */
  notReady: string | undefined;
  listening: boolean;
}

const SILENT_MS = 30_000;
const METRICS_WITHIN_MS = 1_000;
const STEADY_MS = 60_000;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Several processes of this program, of which each listens on the port itself (SO_REUSEPORT). Why processes: `docs/adr/0028-ingestion-workers.md`.
 */
export function createWorkerPool(
  { workers: count, port }: { readonly workers: number; readonly port: number },
  { health, metrics, logger, closers, signal }: RoleContext,
): WorkerPool {
  const seats = Array.from({ length: count }, (_, at): Seat => emptySeat(String(at + 1)));
  const questions = new Map<number, (snapshots: readonly MetricSnapshot[]) => void>();
  let asked = 0;
  let stopping = false;
  let sharedPort = port;

  health.ready('workers', () => {
    const refused = seats.filter(({ listening, notReady }) => listening && notReady !== undefined);
    if (refused.length > 0) return refused.map(({ name, notReady }) => `worker ${name}: ${notReady}`).join('; ');
    return seats.some(({ listening }) => listening) ? undefined : 'no worker listens';
  });

  function spawn(seat: Seat): Worker {
    const worker = cluster.fork({ PORT: String(sharedPort) });
    Object.assign(seat, emptySeat(seat.name), { worker, failures: seat.failures });
    worker.on('message', (message: FromWorker) => hear(seat, message));
    worker.on('error', (error) => logger.warn({ err: error, worker: seat.name }, 'a worker cannot be reached'));
    return worker;
  }

  function hear(seat: Seat, message: FromWorker): void {
    seat.heardAt = performance.now();
    if (message.kind === 'metrics') questions.get(message.question)?.(message.snapshots);
    else if (message.kind === 'readiness') seat.notReady = reasonOf(message.answer.body);
    else {
      sharedPort = message.port;
      seat.listening = true;
    }
  }

  /** Keeps a seat taken: whoever ends is followed by another, at once unless it ends again and again. */
  async function keep(seat: Seat, first: Worker): Promise<void> {
    for (let worker = first; ; worker = spawn(seat)) {
      const { code, signal: by, error } = await ended(worker);
      seat.worker = undefined;
      seat.listening = false;
      if (stopping) return;
      seat.failures = performance.now() - seat.startedAt > STEADY_MS ? 0 : seat.failures + 1;
      const pauseMs = seat.failures < 2 ? 0 : Math.min(LONGEST_PAUSE_MS, 100 * 2 ** seat.failures);
      logger.error(
        { worker: seat.name, pid: worker.process.pid, code, by, err: error, pauseMs },
        'a worker ended, starting another',
      );
      if (pauseMs > 0) await sleep(pauseMs, signal).catch(() => undefined);
      if (stopping) return;
    }
  }

  /** A worker that says nothing cannot answer anybody either: we are its liveness probe. */
  function endSilent(): void {
    for (const { worker, heardAt, name } of seats) {
      if (worker === undefined || performance.now() - heardAt < SILENT_MS) continue;
      logger.error({ worker: name, pid: worker.process.pid }, `a worker said nothing for ${SILENT_MS / 1_000} s`);
      worker.process.kill('SIGKILL');
    }
  }

  function stop(): void {
    if (stopping) return;
    stopping = true;
    for (const { worker } of seats) worker?.process.kill('SIGTERM');
  }

  function ask(worker: Worker): Promise<readonly MetricSnapshot[]> {
    const question = ++asked;
    const answer = new Promise<readonly MetricSnapshot[]>((resolve) => {
      const late = setTimeout(resolve, METRICS_WITHIN_MS, []);
      questions.set(question, (snapshots) => {
        clearTimeout(late);
        resolve(snapshots);
      });
    });
    worker.send({ kind: 'metrics', question } satisfies ToWorker);
    return answer.finally(() => questions.delete(question));
  }

  return {
    metrics: {
      async render(format) {
        const there = seats.filter(({ worker }) => worker?.isConnected());
        const answers = await Promise.all(there.map(async ({ name, worker }) => [name, await ask(worker!)] as const));
        return renderMetrics(mergeMetrics('worker', new Map([['primary', metrics.read()], ...answers])), format);
      },
    },
    async start() {
      // Told to stop before there was anybody to pass it on to.
      signal.throwIfAborted();
      cluster.setupPrimary({ execArgv: shareOfMemory(process.execArgv, count) });
      // They drain while we do, not after: from the first signal on, all of them say that they leave.
      for (const kind of ['SIGTERM', 'SIGINT'] as const) process.on(kind, stop);
      const silence = setInterval(endSilent, REPORT_EVERY_MS);
      const [firstSeat, ...others] = seats;
      const first = spawn(firstSeat!);
      const kept: Promise<void>[] = [];
      closers.add('workers', async () => {
        clearInterval(silence);
        stop();
        await Promise.all([ended(first), ...kept]);
      });
      await listens(first);
      // Told to stop meanwhile: whoever began now would hear nothing of it.
      if (stopping) return { port: sharedPort };
      kept.push(keep(firstSeat!, first), ...others.map((seat) => keep(seat, spawn(seat))));
      return { port: sharedPort };
    },
  };
}

function emptySeat(name: string): Seat {
  const now = performance.now();
  return { name, worker: undefined, heardAt: now, startedAt: now, failures: 0, notReady: 'starting', listening: false };
}

/** Settles with the port's owner, rejects when it ends before. */
function listens(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', ({ kind }: FromWorker) => kind === 'listening' && resolve());
    void ended(worker).then(({ code, signal, error }) =>
      reject(
        error
          ? new Error('the first worker cannot be started', { cause: error })
          : new Error(`the first worker ended with ${code ?? signal} before it took requests`),
      ),
    );
  });
}

/** How a process ended, or why it never began. */
interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: Error;
}

async function ended(worker: Worker): Promise<Ending> {
  const { exitCode: code, signalCode: signal } = worker.process;
  if (code !== null || signal !== null) return { code, signal };
  return new Promise((resolve) => {
    worker.once('exit', (exitCode, by) => resolve({ code: exitCode, signal: by }));
    // A process that the system would not start (EAGAIN, EMFILE) has no exit, only this.
    worker.once('error', (error) => worker.process.pid === undefined && resolve({ code: null, signal: null, error }));
  });
}

/** The reasons in an answer of `/readyz`, undefined when there are none. */
function reasonOf(body: string): string | undefined {
  const { checks } = JSON.parse(body) as { checks: Record<string, string> };
  const reasons = Object.values(checks).filter((reason) => reason !== 'ok');
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

/** Each may have its share of what the whole container may have. */
function shareOfMemory(execArgv: readonly string[], workers: number): string[] {
  return execArgv.map((flag) => {
    const percent = /^--max-old-space-size-percentage=(\d+)$/.exec(flag)?.[1];
    return percent === undefined ? flag : `--max-old-space-size-percentage=${Math.floor(Number(percent) / workers)}`;
  });
}
