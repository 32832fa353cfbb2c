import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { throttled } from './limits.ts';
import { sourceOf } from './source.ts';

/** Holds any request of the reference but those whose routes say otherwise. */
export const defaultBodyLimitBytes = 65_536;
/** So long the rest of a body is read, and dropped, after the answer was sent: clients read no answer while they send. */
const lingerMs = 10_000;
const smallestBufferBytes = 4_096;
const secondsUntilRoom = 1;

export const noBody = Buffer.alloc(0);

/** The client went away before its request was complete. Nobody reads an answer, and it is no failure of this program. */
export class ClientGone extends Error {}

type Done = (error: Error | null, body?: Buffer) => void;

/**
 * Reads a body of at most `limitBytes`, within the budget of the server. The bytes count against the budget until the answer is sent.
 * Fails with the gateway's 413 or 429, or with `ClientGone`.
 */
export function receiveBody(request: FastifyRequest, limitBytes: number, done: Done): void {
  const { raw } = request;
  const declared = declaredLength(raw);
  if (declared !== undefined && declared > limitBytes) {
    done(bodyTooLarge(limitBytes));
    return;
  }
  const budget = request.server.limits.bodies;
  const source = sourceOf(request);
  const body = new GrowingBuffer(declared, limitBytes);
  const finish: Done = (error, bytes) => {
    raw.off('data', receive).off('end', end).off('error', lost).off('close', lost);
    // What still comes is dropped.
    if (error) raw.resume();
    done(error, bytes);
  };
  const receive = (chunk: Buffer): void => {
    if (body.length + chunk.length > limitBytes) finish(bodyTooLarge(limitBytes));
    else if (budget.take(source, chunk.length)) body.append(chunk);
    else finish(overBudget(request.server));
  };
  const end = (): void => finish(null, body.bytes());
  const lost = (): void => finish(new ClientGone('the client ended the connection within the body'));
  request.releaseBody = () => budget.release(source, body.length);
  raw.on('data', receive).on('end', end).on('error', lost).on('close', lost);
}

/** Collects chunks. What arrives in one piece is not copied; small pieces are, as each would hold a buffer of its own. */
class GrowingBuffer {
  readonly #declared: number | undefined;
  readonly #limitBytes: number;
  #held: Buffer = noBody;
  length = 0;

  constructor(declared: number | undefined, limitBytes: number) {
    this.#declared = declared;
    this.#limitBytes = limitBytes;
  }

  append(chunk: Buffer): void {
    if (this.length === 0 && chunk.length === this.#declared) {
      this.#held = chunk;
    } else {
      const needed = this.length + chunk.length;
      if (needed > this.#held.length) this.#grow(needed);
      chunk.copy(this.#held, this.length);
    }
    this.length += chunk.length;
  }

  #grow(needed: number): void {
    const size = Math.max(needed, Math.min(2 * this.#held.length, this.#limitBytes), smallestBufferBytes);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#held.copy(larger, 0, 0, this.length);
    this.#held = larger;
  }

  bytes(): Buffer {
    return this.#held.subarray(0, this.length);
  }
}

/** Undefined if the body comes in chunks, or there is none. */
function declaredLength(raw: IncomingMessage): number | undefined {
  const text = raw.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

function overBudget({ limits }: FastifyInstance): ServiceError {
  limits.refused('body-budget');
  return throttled('Too many bodies are being received; try again soon.', secondsUntilRoom);
}

function bodyTooLarge(limitBytes: number): ServiceError {
  return new ServiceError(
    'gateway',
    gatewayErrors.bodyTooLarge,
    `At most ${limitBytes} bytes are taken here.`,
  );
}

/** A hook for `onRequest` of the whole server: what was taken of the budget is given back when the exchange ends, in whatever way. */
export function releaseBodyAfterwards(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  const { headers } = request.raw;
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0)
    reply.raw.once('close', () => {
      request.releaseBody?.();
      endUnreadBody(request.raw);
    });
  next();
}

/** Drops the rest of a body that was answered without being read, but does not wait for ever. */
function endUnreadBody(raw: IncomingMessage): void {
  if (raw.complete || raw.readableEnded || raw.destroyed) return;
  // Destroying a request that is not complete ends its connection.
  const patience = setTimeout(() => raw.destroy(), lingerMs);
  patience.unref();
  raw.once('end', () => clearTimeout(patience)).once('close', () => clearTimeout(patience));
}
