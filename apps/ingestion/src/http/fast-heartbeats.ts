import { STATUS_CODES } from 'node:http';
import { Problem, tracer, type ConnectionTaker, type Span } from '@corral/runtime';
import type { HeartbeatsAnswer } from './answer';
import { createFastConnections, type FastAnswer } from './fast-connections';
import type { FastHead } from './heartbeat-head';
import { notJson } from './heartbeats-handler';
import type { Admission, HeartbeatsIntake } from './heartbeats-intake';
import { isJson } from './is-json';
import { instantiateLlhttp } from './llhttp';

/** The same intake on sockets themselves; whatever is not a plain `POST /v1/heartbeats` goes to node:http. Loads its parser here. */
export async function createFastHeartbeats(intake: HeartbeatsIntake): Promise<ConnectionTaker> {
  const { default: wasm } = await import('undici/lib/llhttp/llhttp_simd-wasm.js');
  const timeouts = { keepAliveTimeoutMs: 65_000, headersTimeoutMs: 10_000, requestTimeoutMs: 15_000 };
  return createFastConnections({ llhttp: instantiateLlhttp(wasm), answer, ...timeouts });

  function answer(head: FastHead, body: Buffer): FastAnswer | Promise<FastAnswer> {
    const started = performance.now();
    // A request that brings a trace of its own is not plain: node:http has it.
    const span = intake.traced(undefined);
    const finish = (said: HeartbeatsAnswer | Problem) => {
      intake.answered(said, started, span);
      return said instanceof Problem ? problemAnswer(said) : acceptedAnswer(said);
    };
    try {
      const said = span === undefined ? decide(head, body) : tracer.within(span, () => decide(head, body, span));
      return said instanceof Promise ? said.then(finish, (error) => finish(intake.failed(error))) : finish(said);
    } catch (error) {
      return finish(intake.failed(error));
    }
  }

  function decide(
    { authorization, contentType, contentLength }: FastHead,
    body: Buffer,
    span?: Span,
  ): HeartbeatsAnswer | Problem | Promise<HeartbeatsAnswer | Problem> {
    const stopping = intake.stopping();
    if (stopping) return stopping;
    if (!isJson(contentType)) return notJson();
    const admitted = intake.admit(authorization, contentLength);
    if (admitted instanceof Promise) {
      const kept = Buffer.from(body);
      return admitted.then((it) => (it instanceof Problem ? it : take(it, kept, span)));
    }
    return admitted instanceof Problem ? admitted : take(admitted, body, span);
  }

  function take(admitted: Admission, body: Buffer, span: Span | undefined) {
    let said: ReturnType<HeartbeatsIntake['take']> | undefined;
    try {
      said = intake.take(admitted, body, span);
    } finally {
      if (!(said instanceof Promise)) admitted.passage.leave();
    }
    if (!(said instanceof Promise)) return said;
    // Neither of them rejects by itself: what goes wrong inside is told.
    return said.then(
      (it) => {
        admitted.passage.leave();
        return it;
      },
      (error: unknown) => {
        admitted.passage.leave();
        throw error;
      },
    );
  }
}

const JSON_TYPE = 'content-type: application/json; charset=utf-8\r\n';
/** What nearly everybody is told. */
const ONE_ACCEPTED = acceptedText('{"accepted":1,"rejected":[]}');

function acceptedAnswer(said: HeartbeatsAnswer): FastAnswer {
  if (said.accepted === 1 && said.rejected.length === 0) return ONE_ACCEPTED;
  return acceptedText(JSON.stringify(said));
}

function acceptedText(body: string): FastAnswer {
  return { status: '202 Accepted', headers: `${JSON_TYPE}content-length: ${Buffer.byteLength(body)}\r\n`, body };
}

function problemAnswer(problem: Problem): FastAnswer {
  const body = JSON.stringify(problem);
  const headers = Object.entries(problem.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const type = 'content-type: application/problem+json; charset=utf-8\r\n';
  return {
    status: `${problem.status} ${STATUS_CODES[problem.status]}`,
    headers: `${headers.join('')}${type}content-length: ${Buffer.byteLength(body)}\r\n`,
    body,
  };
}
