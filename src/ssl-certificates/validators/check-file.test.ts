import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type DnsServer, nameError, startDnsServer } from '../../../test/support/dns-server.ts';
import { selfSignedCredentials } from '../../../test/support/self-signed.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import type { Challenge } from '../issuers/issuer.ts';
import { checkFile } from './check-file.ts';
import type { Verdict } from './validator.ts';

const reasonOf = (verdict: Verdict) => (verdict.kind === 'found' ? '' : verdict.reason);

const path = '/.well-known/pki-validation/fileauth.txt';
const value = '202611220009xyz';

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

describe('the file of a challenge', () => {
  const servers: Server[] = [];
  let dns: DnsServer;
  const addresses = new Map<string, string>();
  let requests: string[] = [];
  let respond: Record<'http' | 'https', RequestListener>;
  const ports = { http: 0, https: 0 };
  const ipv6Ports = { http: 0, https: 0 };
  before(async () => {
    const { certificatePem: cert, keyPem: key } = await selfSignedCredentials('elsewhere.test');
    const listener =
      (scheme: 'http' | 'https'): RequestListener =>
      (request, response) => {
        requests.push(`${scheme} ${request.url}`);
        respond[scheme](request, response);
      };
    for (const [host, kept] of [
      ['127.0.0.1', ports],
      ['::1', ipv6Ports],
    ] as const) {
      const pair = [
        createServer(listener('http')),
        createTlsServer({ cert, key }, listener('https')),
      ] as const;
      servers.push(...pair);
      kept.http = await listen(pair[0], host);
      kept.https = await listen(pair[1], host);
    }
    dns = await startDnsServer(({ type, name }) => {
      const data = addresses.get(name);
      if (data === undefined) return nameError;
      if (type !== 'A') return [];
      if (/^\d/.test(data)) return [{ type: 'A', name, ttl: 0, data }];
      return [
        { type: 'CNAME', name, ttl: 0, data },
        { type: 'A', name: data, ttl: 0, data: addresses.get(data)! },
      ];
    });
  });
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await dns.close();
  });
  const notFound: RequestListener = (_request, response) => response.writeHead(404).end();
  const file: RequestListener = (_request, response) => response.end(`${value}\r\n`);
  beforeEach(() => {
    requests = [];
    addresses.clear();
    addresses.set('example.test', '127.0.0.1');
    respond = { http: notFound, https: notFound };
  });

  function check(domain: string, allow: readonly string[] = ['127.0.0.0/8', '::1/128'], on = ports) {
    const challenge: Challenge = {
      domain,
      method: 'FILE',
      recordName: path,
      recordType: 'FILE',
      recordValue: value,
    };
    return checkFile(challenge, createOutbound({ allow, resolvers: [dns.address] }), on);
  }

  it('is found by HTTP, at a name and at either kind of address', async () => {
    respond.http = file;
    assert.deepEqual(await check('example.test'), { kind: 'found' });
    assert.deepEqual(await check('127.0.0.1'), { kind: 'found' });
    assert.deepEqual(await check('::1', undefined, ipv6Ports), { kind: 'found' });
    assert.deepEqual(requests, Array(3).fill(`http ${path}`));
  });

  it('is found by HTTPS with any certificate where HTTP has not got it', async () => {
    respond.https = file;
    assert.deepEqual(await check('example.test'), { kind: 'found' });
    assert.deepEqual(await check('127.0.0.1', undefined, { ...ports, http: 1 }), { kind: 'found' });
  });

  it('is found behind three redirects, not behind four', async () => {
    let left = 3;
    respond.http = (_request, response) => {
      if (left-- === 0) response.end(value);
      else response.writeHead(302, { location: `https://example.test:${ports.https}/${left}` }).end();
    };
    respond.https = (request, response) => respond.http(request, response);
    assert.deepEqual(await check('example.test'), { kind: 'found' });
    left = 4;
    respond.https = (request, response) =>
      request.url === path ? notFound(request, response) : respond.http(request, response);
    const verdict = await check('example.test');
    assert.equal(verdict.kind, 'absent');
    assert.match(reasonOf(verdict), /redirects too often/);
  });

  it('is not looked for where a redirect leads to another port', async () => {
    respond.http = (_request, response) =>
      response.writeHead(302, { location: `http://example.test:${ipv6Ports.http}${path}` }).end();
    const verdict = await check('example.test');
    assert.equal(verdict.kind, 'absent');
    assert.match(reasonOf(verdict), new RegExp(`redirects to port ${ipv6Ports.http}, which is not asked`));
    assert.deepEqual(requests, [`http ${path}`, `https ${path}`]);
  });

  it('is absent where other contents or an error are', async () => {
    for (const other of [`${value}x`, `x${value}`, '', `${value}\n${value}`, value.toUpperCase()]) {
      respond.http = (_request, response) => response.end(other);
      const verdict = await check('example.test');
      assert.equal(verdict.kind, 'absent', other);
      assert.match(reasonOf(verdict), /contents .* status 404/);
    }
    respond.http = (_request, response) => response.writeHead(500).end(value);
    assert.equal((await check('example.test')).kind, 'absent');
  });

  it('is unreachable where nobody is, or where a page without end is', async () => {
    const nobody = await check('absent.test');
    assert.equal(nobody.kind, 'unreachable');
    assert.equal((await check('example.test', undefined, { http: 1, https: 1 })).kind, 'unreachable');
    respond.http = (_request, response) => response.end('x'.repeat(20_000));
    respond.https = respond.http;
    assert.equal((await check('example.test')).kind, 'unreachable');
  });

  const inner: readonly (readonly [string, string, RegExp])[] = [
    ['a literal', '127.0.0.1', /loopback/],
    ['an IPv6 literal', '::1', /loopback/],
    ['a mapped literal', '::ffff:127.0.0.1', /loopback/],
    ['the metadata address', '169.254.169.254', /metadata/],
    ['a link-local literal', 'fe80::1', /link-local/],
    ['a name', 'example.test', /DNS does not have the name/],
    ['the end of a CNAME', 'alias.test', /DNS does not have the name/],
    ['a name of the metadata address', 'meta.test', /DNS does not have the name/],
  ];
  for (const [what, domain, reason] of inner)
    it(`is not asked for inside: ${what}`, async () => {
      addresses.set('alias.test', 'example.test');
      addresses.set('meta.test', '169.254.169.254');
      respond = { http: file, https: file };
      const verdict = await check(domain, []);
      assert.equal(verdict.kind, 'unreachable');
      assert.match(reasonOf(verdict), reason);
      assert.deepEqual(requests, []);
    });

  it('is not asked for inside when a redirect leads there', async () => {
    const secret = createServer(file);
    await new Promise<void>((resolve) => secret.listen(ports.http, '127.0.0.2', resolve));
    addresses.set('inner.test', '127.0.0.2');
    let reached = false;
    secret.on('request', () => {
      reached = true;
    });
    try {
      for (const target of ['127.0.0.2', 'inner.test', '169.254.169.254']) {
        respond.http = (_request, response) =>
          response.writeHead(302, { location: `http://${target}:${ports.http}${path}` }).end();
        respond.https = respond.http;
        const verdict = await check('example.test', ['127.0.0.1/32']);
        assert.equal(verdict.kind, 'unreachable');
        assert.match(reasonOf(verdict), /to which (no|a) connection is made/);
      }
      assert.equal(reached, false);
    } finally {
      secret.closeAllConnections();
      await new Promise((resolve) => secret.close(resolve));
    }
  });
});
