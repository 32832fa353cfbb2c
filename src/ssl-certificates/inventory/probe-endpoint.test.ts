import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startDnsServer } from '../../../test/support/dns-server.ts';
import type { ApiError } from '../../../test/support/injected-accounts.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { assertRefused } from '../tags/tags.fixture.ts';
import { localOutbound, selfSigned, tcpServer, tlsServer } from './inventory.fixture.ts';
import { probeEndpoint } from './probe-endpoint.ts';

const year = 365 * 86_400_000;

describe('requests that would reach inside', async () => {
  const addresses = { 'inner.example.test': '127.0.0.1', 'cloud.example.test': '169.254.169.254' };
  const dns = await startDnsServer(({ name, type }) => {
    const data = addresses[name as keyof typeof addresses];
    return data === undefined || type !== 'A' ? [] : [{ name, type: 'A', ttl: 1, data }];
  });
  after(() => dns.close());
  const outbound = createOutbound({ allow: [], resolvers: [dns.address] });
  const bench = await openSqliteBench({ outbound });

  for (const host of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1', '::ffff:127.0.0.1'])
    test(`${host} is refused before anything is sent, and not watched`, async () => {
      const server = await tcpServer((socket) => socket.end('SECRET-BANNER\r\n'));
      const account = bench.account();
      const answer = await account.send<ApiError>('POST', '/v3/scm/endpoints', { host, port: server.port });
      assertRefused(answer, 400, 'SCM.0005', /host: .*no connection is made/);
      assert.equal(server.counted.connections, 0);
      const { body } = await account.send<{ total_count: number }>('GET', '/v3/scm/endpoints');
      assert.equal(body.total_count, 0);
    });

  test('names of the inner network are answered exactly like a name that does not exist', async () => {
    const server = await tcpServer((socket) => socket.end('SECRET-BANNER\r\n'));
    const account = bench.account();
    const failures = [];
    for (const host of ['inner.example.test', 'cloud.example.test', 'absent.example.test']) {
      const { status, body } = await account.send<{ failure: string }>('POST', '/v3/scm/endpoints', {
        host,
        port: server.port,
      });
      failures.push([status, body.failure.replace(host, 'HOST')]);
    }
    assert.match(String(failures[0]?.[1]), /^HOST has no address to which a connection is made/);
    assert.deepEqual(failures, Array(3).fill(failures[0]));
    assert.equal(server.counted.connections, 0);
  });

  test('a name that leads inside later is not followed there', async () => {
    const server = await tcpServer((socket) => socket.end());
    let refuses = false;
    const turning = {
      ...outbound,
      addresses: async (host: string) => (refuses ? outbound.addresses(host) : ['127.0.0.1']),
    };
    const own = await openSqliteBench({ outbound: turning });
    await own.ensureJobs();
    const account = own.account();
    const body = { host: 'inner.example.test', port: server.port };
    const { body: endpoint } = await account.send<{ endpoint_id: string }>('POST', '/v3/scm/endpoints', body);
    const before = server.counted.connections;
    refuses = true;
    own.clock.advance(year);
    await own.jobs.runDue();
    const { body: shown } = await account.send<{ failure: string }>(
      'GET',
      `/v3/scm/endpoints/${endpoint.endpoint_id}`,
    );
    assert.match(shown.failure, /to which a connection is made/);
    assert.equal(server.counted.connections, before);
  });
});

describe('what is not TLS', () => {
  const banner = 'SSH-2.0-OpenSSH_9.9 SECRET\r\n';
  for (const [what, greet] of Object.entries({
    'a banner': (socket) => socket.write(banner),
    'a banner and the end': (socket) => socket.end(banner),
    HTTP: (socket) => socket.end(`HTTP/1.1 400 Bad Request\r\nServer: SECRET\r\n\r\n`),
    'a TLS alert with more': (socket) =>
      socket.end(Buffer.concat([Buffer.from('150303000202280a', 'hex'), Buffer.from(banner)])),
    nothing: (socket) => socket.end(),
    'a reset': (socket) => socket.resetAndDestroy(),
  } satisfies Record<string, Parameters<typeof tcpServer>[0]>))
    test(`${what}: the failure has no byte of it`, async () => {
      const { port } = await tcpServer(greet);
      const outcome = await probeEndpoint(localOutbound(), {
        host: 'a.example.test',
        port,
        serverName: 'a.example.test',
      });
      assert.equal(outcome.kind, 'failed');
      assert.ok(outcome.kind === 'failed' && !/SSH|SECRET|HTTP/.test(outcome.reason));
      assert.match(
        outcome.kind === 'failed' ? outcome.reason : '',
        /^(No TLS is spoken|The connection was closed)/,
      );
    });

  test('silence, and a byte now and then, end after five seconds', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const connected = Promise.withResolvers<void>();
    const { port } = await tcpServer((socket) => {
      socket.write('\x16');
      connected.resolve();
    });
    const probed = probeEndpoint(localOutbound(), { host: 'a.example.test', port, serverName: '' });
    await connected.promise;
    context.mock.timers.tick(5_000);
    assert.deepEqual(await probed, {
      kind: 'failed',
      reason: 'There was no TLS handshake within 5 seconds.',
    });
  });
});

test('the connection goes to the address that was judged, and the next if that does not answer', async () => {
  const server = await tlsServer(await selfSigned('a.example.test', Date.UTC(2049, 0)));
  const outbound = { addresses: async () => ['127.9.9.9', '127.0.0.1'] };
  const place = { host: 'a.example.test', port: server.port, serverName: 'a.example.test' };
  const outcome = await probeEndpoint(outbound, place);
  assert.ok(outcome.kind === 'served');
  assert.equal(outcome.verdict, 'DEPTH_ZERO_SELF_SIGNED_CERT');
});
