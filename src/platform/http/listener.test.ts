import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { selfSignedCredentials } from '../../../test/support/self-signed.ts';
import { systemRandom } from '../random.ts';
import { StartRefused } from '../start-refused.ts';
import { createHttpServer, createHttpsServer, listen, replaceCredentials } from './index.ts';

const anyPort = { host: '127.0.0.1', port: 0, variable: 'OPENCCM_HTTP_PORT' };

/** Sends bytes and answers all that comes back until the server closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a listener', () => {
  test('answers what is no request in the dialect of the gateway', async () => {
    const listener = await listen(
      createHttpServer((_, response) => response.end('ok')),
      anyPort,
      systemRandom,
    );
    const cases = [
      ['NONSENSE\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${'t'.repeat(70_000)}\r\n\r\n`, 431],
    ] as const;
    for (const [text, status] of cases) {
      const [head = '', body = ''] = (await exchange(listener.port, text)).split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
      const requestId = /X-Request-Id: ([0-9a-f]{32})/.exec(head)?.[1];
      assert.partialDeepStrictEqual(JSON.parse(body), { error_code: 'APIGW.0201', request_id: requestId });
    }
    await listener.close(0);
  });

  test('ends with a client that was answered and keeps its side open', async (context) => {
    const server = createHttpServer(() => {});
    const listener = await listen(server, anyPort, systemRandom);
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const client = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {}).write('NONSENSE\r\n\r\n');
    const [, connection] = (await once(server, 'clientError')) as [Error, Socket];
    await once(client.resume(), 'end');
    assert.ok(!connection.destroyed);
    context.mock.timers.tick(2_000);
    assert.ok(connection.destroyed);
    context.mock.timers.reset();
    client.destroy();
    await listener.close(0);
  });

  test('refuses a port in use by the name of its variable', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await assert.rejects(
      listen(
        createHttpServer(() => {}),
        { ...anyPort, port },
        systemRandom,
      ),
      (error) => {
        assert.ok(error instanceof StartRefused);
        assert.match(error.message, new RegExp(`port ${port} of 127.0.0.1 is in use: .*OPENCCM_HTTP_PORT`));
        return true;
      },
    );
    other.close();
    const nowhere = { ...anyPort, host: '192.0.2.1' };
    await assert.rejects(
      listen(
        createHttpServer(() => {}),
        nowhere,
        systemRandom,
      ),
      /OPENCCM_HOST/,
    );
  });

  test('lets a request finish, closes idle connections, and cuts what takes too long', async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const server = createHttpServer(async (request, response) => {
      if (request.url === '/quick') return response.end('quick');
      begun.resolve();
      await release.promise;
      response.end('slow');
    });
    const listener = await listen(server, anyPort, systemRandom);
    const idle = connect(listener.port, '127.0.0.1');
    idle.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const slow = exchange(listener.port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun.promise;
    const closed = listener.close(30_000);
    await once(idle.resume(), 'close');
    release.resolve();
    assert.match(await slow, /slow$/);
    await closed;

    const stuck = createHttpServer(() => {});
    const second = await listen(stuck, anyPort, systemRandom);
    const cut = new Promise((resolve) => get(`http://127.0.0.1:${second.port}/`).on('error', resolve));
    await once(stuck, 'request');
    await second.close(1);
    assert.match(String(await cut), /socket hang up/);
  });
});

describe('an HTTPS server', () => {
  test('ends at once with what does not speak TLS', async () => {
    const server = createHttpsServer(await selfSignedCredentials('one.test'), () => {});
    const { port, close } = await listen(server, anyPort, systemRandom);
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, connection] = (await once(server, 'clientError')) as [Error, Socket];
    assert.ok(connection.destroyed);
    client.destroy();
    await close(0);
  });

  test('takes a new certificate while it serves, and no old TLS', async () => {
    const [first, second] = [
      await selfSignedCredentials('one.test'),
      await selfSignedCredentials('two.test'),
    ];
    const server = createHttpsServer(first, (_, response) => response.end('ok'));
    const { port, close } = await listen(server, anyPort, systemRandom);
    const subjectSeen = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return subject?.CN;
    };
    assert.equal(await subjectSeen(), 'one.test');
    replaceCredentials(server, second);
    assert.equal(await subjectSeen(), 'two.test');
    const old = httpsRequest({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    const [error] = (await once(old, 'error')) as [Error];
    assert.match(String(error), /protocol|alert|version/i);
    await close(0);
  });
});
