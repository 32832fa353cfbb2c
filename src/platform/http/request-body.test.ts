import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { waitFor } from '../../../test/support/wait-for.ts';
import { FixedClock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { createHttpApp, createHttpServer, defaultLimits, HttpLimits, listen, registerApi } from './index.ts';
import type { LimitReason } from './limits.ts';

const kilobyte = 1024;
const definition = { status: 400, code: 'PCA.00020001', message: 'Incorrect parameter.' };
const unauthenticated = { status: 401, code: 'APIGW.0305', message: 'Incorrect.' };

const refusals: LimitReason[] = [];
const errors: object[] = [];
/** Handlers wait for it. */
let release = Promise.withResolvers<void>();
let app: FastifyInstance;
let port: number;
let close: () => Promise<void>;

before(async () => {
  const settings = { ...defaultLimits, bodyBytes: 256 * kilobyte };
  const limits = new HttpLimits(settings, new FixedClock(0), (reason) => refusals.push(reason));
  const log = { ...silentLog, error: (facts: object) => errors.push(facts) };
  app = createHttpApp({ random: systemRandom, log, limits });
  const options = {
    dialect: 'pca',
    authenticate: async (request) => {
      const token = request.headers['x-auth-token'];
      if (token === undefined) throw new ServiceError('gateway', unauthenticated);
      if (token === 'signature')
        request.checkBody = async (body) => {
          if (body.toString() !== '"signed"') throw new ServiceError('gateway', unauthenticated);
        };
    },
    accessDenied: () => new ServiceError('pca', definition),
    unknownError: { ...definition, status: 500 },
    invalid: ({ message }) => new ServiceError('pca', definition, message),
    log,
  } satisfies Parameters<typeof registerApi>[1];
  await registerApi(app, options, (api) => {
    api.post('/echo', { config: { body: 'required' } }, async (request) => request.body);
    api.post('/slow', { config: { body: 'required' } }, async () => release.promise);
  });
  await app.ready();
  const listener = await listen(
    createHttpServer(app.routing),
    { host: '127.0.0.1', port: 0, variable: 'OPENCCM_HTTP_PORT' },
    systemRandom,
  );
  port = listener.port;
  close = () => listener.close(0);
});

after(() => close());

beforeEach(() => {
  refusals.length = 0;
  errors.length = 0;
});

/** Opens a connection and sends the head of a request, with `headers` beside what every request has. */
function begin(path: string, headers: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true).write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
  return socket;
}

/** Resolves with what the server sends next, until it has sent `end`. */
async function answerOf(socket: Socket, end = ''): Promise<string> {
  let answer = '';
  do {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    answer += chunk.toString();
  } while (!answer.endsWith(end));
  return answer;
}

function text(length: number): string {
  return `"${'x'.repeat(length - 2)}"`;
}

const held = () => app.limits.bodies.bytes;

describe('a body', () => {
  test('of a stranger is not waited for, nor held', async () => {
    const socket = begin('/echo', `Content-Length: ${60 * kilobyte}`);
    assert.match(await answerOf(socket), /^HTTP\/1.1 401 /);
    socket.write(text(50 * kilobyte));
    assert.match(await answerOf(begin('/echo', 'Content-Length: 1')), /^HTTP\/1.1 401 /);
    assert.equal(held(), 0);
    socket.destroy();
  });

  test('is asked for by 100 Continue only from callers', async () => {
    const wanted = begin('/echo', 'X-Auth-Token: t\r\nContent-Length: 4\r\nExpect: 100-continue');
    assert.match(await answerOf(wanted), /^HTTP\/1.1 100 /);
    wanted.write('"ab"');
    assert.match(await answerOf(wanted), /^HTTP\/1.1 200 /);
    wanted.destroy();
    const unwanted = begin('/echo', 'Content-Length: 4\r\nExpect: 100-continue');
    assert.match(await answerOf(unwanted), /^HTTP\/1.1 401 /);
    unwanted.destroy();
    // A listener passes such requests on to another one, which asks for itself.
    const unknown = begin('/nothing', 'Content-Length: 4\r\nExpect: 100-continue');
    assert.match(await answerOf(unknown), /^HTTP\/1.1 404 /);
    unknown.destroy();
  });

  test('that is declared too long is refused before it is sent', async () => {
    const socket = begin('/echo', `X-Auth-Token: t\r\nContent-Length: ${12 * kilobyte * kilobyte}`);
    assert.match(await answerOf(socket), /^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test('in pieces without a length is refused as soon as it is too long', async () => {
    const socket = begin('/echo', 'X-Auth-Token: t\r\nTransfer-Encoding: chunked');
    socket.write(`11000\r\n${'x'.repeat(0x11000)}\r\n`);
    assert.match(await answerOf(socket), /^HTTP\/1.1 413 /);
    await waitFor('the budget', async () => held() === 0);
    socket.destroy();
  });

  test('in pieces of one byte is put together', async () => {
    const socket = begin('/echo', 'X-Auth-Token: t\r\nTransfer-Encoding: chunked');
    const sent = text(9_000);
    for (const byte of sent) socket.write(`1\r\n${byte}\r\n`);
    socket.write('0\r\n\r\n');
    assert.match(await answerOf(socket, sent.slice(1, -1)), /^HTTP\/1.1 200 /);
    socket.destroy();
  });

  test('decides about a signature when it is there', async () => {
    for (const [body, status] of [
      ['"signed"', 200],
      ['"sIgned"', 401],
    ] as const) {
      const socket = begin('/echo', 'X-Auth-Token: signature\r\nContent-Length: 8');
      socket.write(body);
      assert.match(await answerOf(socket), new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
    }
  });

  test('counts against the budget until the answer is sent, and a source has a quarter of it', async () => {
    const size = 60 * kilobyte;
    const head = `X-Auth-Token: t\r\nContent-Length: ${size}`;
    release = Promise.withResolvers<void>();
    const first = begin('/slow', head);
    first.write(text(size));
    await waitFor('the budget', async () => held() === size);

    const second = begin('/slow', head);
    second.write(text(size));
    const refused = await answerOf(second);
    assert.match(refused, /^HTTP\/1.1 429 /);
    assert.match(refused, /retry-after: 1\r\n/i);
    assert.match(refused, /APIGW\.0308/);
    assert.deepEqual(refusals, ['body-budget']);

    release.resolve();
    assert.match(await answerOf(first), /^HTTP\/1.1 200 /);
    await waitFor('the budget', async () => held() === 0);
    first.destroy();
    second.destroy();
  });

  test('that its client does not finish is given up, and is no error of the server', async () => {
    const socket = begin('/echo', 'X-Auth-Token: t\r\nContent-Length: 1000');
    socket.write(text(500));
    await waitFor('the budget', async () => held() === 500);
    socket.destroy();
    await waitFor('the budget', async () => held() === 0);
    await waitFor('the refusal', async () => refusals.length > 0);
    assert.deepEqual(refusals, ['client-gone']);
    assert.deepEqual(errors, []);
  });
});
