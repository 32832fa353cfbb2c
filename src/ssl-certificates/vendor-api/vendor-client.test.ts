import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { signRequest } from '../../iam/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import { createOutbound, OutboundFailed } from '../../platform/outbound/index.ts';
import { createVendorClient, VendorRefusal } from './index.ts';

const key = { accessKey: 'AKIDEXAMPLE0000TEST1', secretKey: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY' };
const clock = new FixedClock(Date.UTC(2025, 10, 28, 9, 30, 0));

interface Seen {
  readonly method: string;
  readonly rawUrl: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('the client of the vendor’s services', () => {
  let server: Server;
  let endpoint = '';
  let seen: Seen[] = [];
  let answer = { status: 200, text: '{}', headers: {} as Record<string, string> };
  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: rawUrl = '', headers } = request;
        seen.push({ method, rawUrl, headers, body: Buffer.concat(chunks) });
        response.writeHead(answer.status, answer.headers).end(answer.text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    seen = [];
    answer = { status: 200, text: '{}', headers: {} };
  });

  // Nothing is allowed: the endpoint may be loopback because the operator named it.
  const outbound = createOutbound({ allow: [] });
  const client = (settings = {}) =>
    createVendorClient({ endpoint, ...key, ...settings }, { outbound, clock });

  /** What the server makes of what it received, with nothing but the names of the signed headers taken from the client. */
  function assertSigned({ headers, ...request }: Seen) {
    const names = /SignedHeaders=([^,]+)/.exec(String(headers.authorization))?.[1]?.split(';') ?? [];
    const signed = Object.fromEntries(names.map((name) => [name, headers[name]]));
    assert.equal(headers.authorization, signRequest({ ...request, headers: signed }, key));
    for (const name of ['content-type', 'host', 'x-sdk-date']) assert.ok(names.includes(name), name);
  }

  it('signs what it sends, date, project and query included', async () => {
    answer.text = '{"zones":[]}';
    const query = { name: '*.例子 a+b', type: ['A', 'TXT'], limit: 10, left: undefined };
    const result = await client({ projectId: 'p1' }).request('GET', '/v2/zones', query);
    assert.deepEqual(result, { zones: [] });
    const [request] = seen;
    assert.ok(request);
    assertSigned(request);
    assert.equal(request.headers['x-sdk-date'], '20251128T093000Z');
    assert.equal(request.headers['x-project-id'], 'p1');
    assert.match(String(request.headers.authorization), /x-project-id/);
    const sent = new URL(request.rawUrl, endpoint).searchParams;
    assert.deepEqual(
      [...sent],
      [
        ['name', '*.例子 a+b'],
        ['type', 'A'],
        ['type', 'TXT'],
        ['limit', '10'],
      ],
    );
  });

  it('sends a body as JSON and answers undefined for an empty answer', async () => {
    answer = { status: 204, text: '', headers: {} };
    assert.equal(await client().request('POST', '/v3/things', {}, { name: '例子' }), undefined);
    const [request] = seen;
    assert.ok(request);
    assertSigned(request);
    assert.deepEqual(JSON.parse(request.body.toString('utf8')), { name: '例子' });
    assert.equal(request.headers['content-type'], 'application/json');
  });

  for (const [text, code, message] of [
    ['{"error_code":"ELB.8904","error_msg":"Quota exceeded"}', 'ELB.8904', 'Quota exceeded'],
    ['{"code":"DNS.0302","message":"no such zone"}', 'DNS.0302', 'no such zone'],
    ['{"error":{"error_code":"CDN.0001","error_msg":"wrong"}}', 'CDN.0001', 'wrong'],
    ['<html>teapot</html>', undefined, '<html>teapot</html>'],
  ] as const)
    it(`tells what the service refuses with: ${text}`, async () => {
      answer = { status: 409, text, headers: {} };
      await assert.rejects(client().request('PUT', '/v3/x'), (error) => {
        assert.ok(error instanceof VendorRefusal);
        assert.deepEqual([error.status, error.code, error.text], [409, code, message]);
        assert.doesNotMatch(String(error.stack), new RegExp(key.secretKey));
        return true;
      });
    });

  it('follows no redirect and takes nothing but JSON', async () => {
    answer = { status: 302, text: '', headers: { location: `${endpoint}/elsewhere` } };
    await assert.rejects(client().request('GET', '/v3/x'), { name: 'VendorRefusal', status: 302 });
    assert.equal(seen.length, 1);
    answer = { status: 200, text: '<html>', headers: {} };
    await assert.rejects(client().request('GET', '/v3/x'), { name: 'VendorRefusal', status: 200 });
  });

  it('fails where nobody answers', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const request = client({ endpoint: `http://127.0.0.1:${port}` }).request('GET', '/');
    await assert.rejects(request, OutboundFailed);
  });
});
