import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  type DnsServer,
  nameError,
  serverFailure,
  startDnsServer,
} from '../../../test/support/dns-server.ts';
import { selfSignedCredentials } from '../../../test/support/self-signed.ts';
import { createOutbound, OutboundFailed, OutboundRefused, type OutboundRequest } from './index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handler: Handler, host: string): Promise<{ server: Server; port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

describe('outbound requests', () => {
  let server: Server;
  let port = 0;
  let handler: Handler = (_request, response) => response.end();
  let requests: string[] = [];
  let dns: DnsServer;
  /** Addresses of names, taken one after the other; the last one stays. */
  const names = new Map<string, string[]>();
  before(async () => {
    ({ server, port } = await listen((request, response) => {
      requests.push(`${request.method} ${request.headers.host} ${request.url}`);
      handler(request, response);
    }, '127.0.0.1'));
    dns = await startDnsServer(({ type, name }) => {
      const addresses = names.get(name.toLowerCase());
      if (name === 'broken.test') return serverFailure;
      if (name === 'silent.test') return 'silence';
      if (addresses === undefined) return nameError;
      if (type !== 'A') return [];
      const data = addresses.length > 1 ? addresses.shift()! : addresses[0]!;
      if (!data.endsWith('.test')) return [{ type: 'A', name, ttl: 0, data }];
      return [
        { type: 'CNAME', name, ttl: 0, data },
        { type: 'A', name: data, ttl: 0, data: names.get(data)![0]! },
      ];
    });
  });
  after(async () => {
    await close(server);
    await dns.close();
  });
  beforeEach(() => {
    requests = [];
    names.clear();
    dns.asked.length = 0;
    handler = (_request, response) => response.end('reached');
  });

  const guarded = () => createOutbound({ allow: [], resolvers: [dns.address] });
  const allowing = () => createOutbound({ allow: ['127.0.0.1/32'], resolvers: [dns.address] });
  const text = (body: Uint8Array) => Buffer.from(body).toString('utf8');

  /** The text for a name of the inner network, and for one that does not exist. */
  const uniform = (host: string) => ({
    name: 'OutboundFailed',
    message: `${host} has no address to which a connection is made: DNS does not have the name, does not answer, or has only addresses that are not of the Internet.`,
  });
  async function assertUniform(promise: Promise<unknown>, host: string) {
    await assert.rejects(promise, uniform(host));
    assert.deepEqual(requests, []);
  }

  async function assertRefused(promise: Promise<unknown>, reason: RegExp) {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof OutboundRefused, String(error));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(requests, []);
  }

  it('reach what is allowed, by name, with one look-up for one connection', async () => {
    names.set('a.test', ['127.0.0.1']);
    const answer = await allowing().request(`http://a.test:${port}/x?y=1`);
    assert.deepEqual([answer.status, text(answer.body)], [200, 'reached']);
    assert.deepEqual(requests, [`GET a.test:${port} /x?y=1`]);
    assert.equal(dns.asked.filter((question) => question === 'A a.test').length, 1);
  });

  for (const host of [
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '127.0.0.1.',
    '１２７.0.0.1',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.100.100.200',
  ])
    it(`refuse the literal ${host}`, () =>
      assertRefused(guarded().request(`http://${host}:${port}/`), /to which no connection is made/));

  it('refuse a name by what it resolves to, a CNAME’s end too, as if it did not exist', async () => {
    names.set('loop.test', ['127.0.0.1']);
    names.set('alias.test', ['loop.test']);
    names.set('meta.test', ['169.254.169.254']);
    for (const host of ['loop.test', 'alias.test', 'meta.test', 'absent.test', 'broken.test']) {
      await assertUniform(guarded().request(`http://${host}:${port}/`), host);
      await assertUniform(guarded().addresses(host), host);
    }
  });

  it('refuse localhost of the machine’s own resolution', () =>
    assertUniform(createOutbound({ allow: [] }).request(`http://localhost:${port}/`), 'localhost'));

  it('judge a name anew for each connection', async () => {
    names.set('rebinding.test', ['127.0.0.1', '127.0.0.2']);
    const outbound = allowing();
    const url = `http://rebinding.test:${port}/`;
    assert.equal(text((await outbound.request(url)).body), 'reached');
    requests = [];
    await assertUniform(outbound.request(url), 'rebinding.test');
  });

  it('ask the next resolver where one fails', async () => {
    const broken = await startDnsServer(() => serverFailure);
    names.set('a.test', ['127.0.0.1']);
    try {
      const outbound = createOutbound({ allow: ['127.0.0.1/32'], resolvers: [broken.address, dns.address] });
      assert.deepEqual(await outbound.addresses('a.test'), ['127.0.0.1']);
    } finally {
      await broken.close();
    }
  });

  it('judge each redirect', async () => {
    const target = await listen((_request, response) => response.end('secret'), '127.0.0.2');
    names.set('inside.test', ['127.0.0.2']);
    try {
      for (const location of [
        `http://127.0.0.2:${target.port}/`,
        `//127.0.0.2:${target.port}/`,
        `http://inside.test:${target.port}/`,
        'file:///etc/passwd',
        'http://user:password@example.com/',
        'http://169.254.169.254/latest/meta-data',
      ]) {
        handler = (_request, response) => response.writeHead(302, { location }).end();
        const request = allowing().request(`http://127.0.0.1:${port}/`, { redirects: 3 });
        const isInner = location.includes('inside.test');
        await assert.rejects(request, isInner ? uniform('inside.test') : OutboundRefused, location);
      }
    } finally {
      await close(target.server);
    }
  });

  it('reach the operator’s own servers, by the DNS of the machine, but no metadata', async () => {
    const options = { namedByOperator: true };
    const answer = await guarded().request(`http://localhost:${port}/`, options);
    assert.equal(text(answer.body), 'reached');
    assert.deepEqual(dns.asked, []);
    requests = [];
    await assertRefused(guarded().request('http://169.254.169.254/', options), /metadata/);
  });

  it('do not carry the operator’s trust into a redirect', async () => {
    handler = (_request, response) => response.writeHead(302, { location: '/inner' }).end();
    const request = guarded().request(`http://127.0.0.1:${port}/`, { redirects: 1, namedByOperator: true });
    await assert.rejects(request, OutboundRefused);
    assert.equal(requests.length, 1);
  });

  it('follow as many redirects as were asked for', async () => {
    let left = 3;
    handler = (_request, response) =>
      left-- > 0 ? response.writeHead(301, { location: `/${left}` }).end() : response.end('end');
    const url = `http://127.0.0.1:${port}/start`;
    assert.equal(text((await allowing().request(url, { redirects: 3 })).body), 'end');
    assert.equal(requests.length, 4);
    left = 3;
    await assert.rejects(allowing().request(url, { redirects: 2 }), /redirects too often/);
    left = 1;
    assert.equal((await allowing().request(url)).status, 301);
    left = 1;
    assert.equal((await allowing().request(url, { method: 'POST', body: 'x', redirects: 2 })).status, 301);
  });

  it('send headers to no other origin than theirs', async () => {
    names.set('b.test', ['127.0.0.1']);
    const received: (string | undefined)[] = [];
    handler = (request, response) => {
      received.push(request.headers['x-secret'] as string | undefined);
      if (request.url === '/') response.writeHead(302, { location: '/same' }).end();
      else if (request.url === '/same')
        response.writeHead(302, { location: `http://b.test:${port}/other` }).end();
      else response.end();
    };
    const options = { redirects: 2, headers: { 'X-Secret': 's' } };
    await allowing().request(`http://127.0.0.1:${port}/`, options);
    assert.deepEqual(received, ['s', 's', undefined]);
  });

  it('refuse what is not a plain http or https address', async () => {
    for (const url of [
      'ftp://example.com/',
      'file:///etc/passwd',
      'gopher://127.0.0.1/',
      'example.com',
      '',
      'http://',
      `http://user@127.0.0.1:${port}/`,
      `http://:password@127.0.0.1:${port}/`,
      'http://[fe80::1%25eth0]/',
    ])
      await assertRefused(allowing().request(url), /./);
  });

  it('end with the longest body allowed, and do not decompress', async () => {
    handler = (_request, response) => response.end('x'.repeat(100));
    const url = `http://127.0.0.1:${port}/`;
    assert.equal((await allowing().request(url, { maxBytes: 100 })).body.length, 100);
    await assert.rejects(allowing().request(url, { maxBytes: 99 }), /longer than 99 bytes/);
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    handler = (request, response) => {
      assert.equal(request.headers['accept-encoding'], undefined);
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    };
    const { body } = await allowing().request(url, { maxBytes: bomb.length });
    assert.deepEqual(Buffer.from(body), bomb);
  });

  it('end in time, whether nothing comes or little by little', async () => {
    const url = `http://127.0.0.1:${port}/`;
    handler = () => {};
    await assert.rejects(allowing().request(url, { timeoutMs: 60 }), /did not answer in time/);
    handler = (_request, response) => {
      response.write('.');
      const timer = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(timer));
    };
    await assert.rejects(allowing().request(url, { timeoutMs: 100 }), /did not answer in time/);
    const asked = allowing().request('http://silent.test/', { timeoutMs: 60 });
    await assert.rejects(asked, OutboundFailed);
  });

  it('take the certificate of the host they ask, from the public CAs or from the one that is given', async () => {
    const { certificatePem: cert, keyPem: key } = await selfSignedCredentials('a.test');
    const other = await selfSignedCredentials('a.test');
    const secure = createTlsServer({ cert, key }, (_request, response) => response.end('secure'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const { port: securePort } = secure.address() as AddressInfo;
    for (const name of ['a.test', 'b.test']) names.set(name, ['127.0.0.1']);
    const ask = (host: string, options: OutboundRequest) =>
      allowing().request(`https://${host}:${securePort}/`, options);
    try {
      assert.equal(text((await ask('a.test', { ca: cert })).body), 'secure');
      assert.equal(text((await ask('b.test', { anyCertificate: true })).body), 'secure');
      for (const [host, options] of [
        ['a.test', {}],
        ['a.test', { ca: other.certificatePem }],
        ['b.test', { ca: cert }],
      ] as const)
        await assert.rejects(ask(host, options), OutboundFailed);
    } finally {
      await close(secure);
    }
  });

  it('use no proxy of the environment', async () => {
    const saved = { ...process.env };
    for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY'])
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : 'http://127.0.0.1:9';
    try {
      assert.equal((await allowing().request(`http://127.0.0.1:${port}/`)).status, 200);
    } finally {
      process.env = saved;
    }
  });

  it('keep no cookie', async () => {
    const cookies: unknown[] = [];
    handler = (request, response) => {
      cookies.push(request.headers.cookie);
      response.writeHead(200, { 'set-cookie': 'a=b' }).end();
    };
    const outbound = allowing();
    for (let round = 0; round < 2; round++) await outbound.request(`http://127.0.0.1:${port}/`);
    assert.deepEqual(cookies, [undefined, undefined]);
  });

  it('fail, rather than be refused, for what the network does', async () => {
    for (const name of ['absent.test', 'broken.test'])
      await assert.rejects(guarded().request(`http://${name}/`), OutboundFailed);
    handler = (request) => request.socket.destroy();
    await assert.rejects(allowing().request(`http://127.0.0.1:${port}/`), OutboundFailed);
    await assert.rejects(allowing().request(`https://127.0.0.1:${port}/`), OutboundFailed);
  });

  it('look names up for other clients, refused ones not', async () => {
    names.set('a.test', ['127.0.0.1']);
    const lookup = (outbound = allowing()) =>
      promisify(outbound.lookup) as (...args: unknown[]) => Promise<unknown>;
    assert.deepEqual(await lookup()('a.test', { all: true }), [{ address: '127.0.0.1', family: 4 }]);
    assert.equal(await lookup()('a.test', {}), '127.0.0.1');
    await assert.rejects(lookup()('a.test', { family: 6 }), OutboundFailed);
    await assert.rejects(lookup(guarded())('a.test', {}), OutboundFailed);
    await assert.rejects(lookup(guarded())('a.test', { all: true }), OutboundFailed);
  });
});
