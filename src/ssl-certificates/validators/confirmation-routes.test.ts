import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { createHttpApp } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { confirmationRoutes } from './confirmation-routes.ts';

const token = 'aB3_-'.repeat(8);
const url = `/scm/domain-validations/${token}`;

describe('the pages behind the links of confirmation mails', () => {
  let app: FastifyInstance;
  let domain = '';
  let confirmed: string[] = [];
  let described: string[] = [];
  beforeEach(async () => {
    domain = 'www.example.test';
    confirmed = [];
    described = [];
    app = createHttpApp({ random: systemRandom, log: silentLog });
    await app.register(
      confirmationRoutes({
        async describe(each) {
          described.push(each);
          return each === token ? { domain } : undefined;
        },
        async confirm(each) {
          if (each !== token) return 'unknown';
          confirmed.push(each);
          return 'confirmed';
        },
      }),
    );
  });
  afterEach(() => app.close());

  it('show the domain and a button, and confirm nothing by being opened', async () => {
    for (let round = 0; round < 2; round++) {
      const answer = await app.inject({ method: 'GET', url });
      assert.equal(answer.statusCode, 200);
      assert.match(answer.body, /<strong>www\.example\.test<\/strong>/);
      assert.match(answer.body, /<form method="post"><button type="submit">/);
    }
    await app.inject({ method: 'HEAD', url });
    assert.deepEqual(confirmed, []);
  });

  it('confirm when the form is sent, as browsers send it, and again', async () => {
    for (const options of [
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: '' },
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: '--x--' },
      {},
    ]) {
      const answer = await app.inject({ method: 'POST', url, ...options });
      assert.equal(answer.statusCode, 200);
      assert.match(answer.body, /is confirmed/);
    }
    assert.deepEqual(confirmed, [token, token, token]);
  });

  it('are kept from caches, frames, scripts and other sites', async () => {
    const unknown = url.replace('aB3', 'xxx');
    for (const request of [{ url }, { url, method: 'POST' as const }, { url: unknown }]) {
      const { headers } = await app.inject({ method: 'GET', ...request });
      assert.match(String(headers['content-type']), /^text\/html; charset=utf-8$/);
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
  });

  it('are not there for an unknown token, and tell no more', async () => {
    const unknown = url.replace('aB3', 'xxx');
    for (const method of ['GET', 'POST'] as const) {
      const answer = await app.inject({ method, url: unknown });
      assert.equal(answer.statusCode, 404);
      assert.match(answer.body, /not valid, or no longer/);
      assert.doesNotMatch(answer.body, /xxx|example/);
    }
  });

  it('do not look for what cannot be a token', async () => {
    for (const text of ['short', `${token}%2e`, '%3Cscript%3Ealert(1)%3C%2Fscript%3E', 'a'.repeat(257)])
      for (const method of ['GET', 'POST'] as const) {
        const answer = await app.inject({ method, url: `/scm/domain-validations/${text}` });
        assert.equal(answer.statusCode, 404);
        assert.doesNotMatch(answer.body, /<script/);
      }
    assert.deepEqual([described, confirmed], [[], []]);
  });

  it('show the domain as text whatever it is', async () => {
    domain = `<b onclick="x">&'`;
    const { body } = await app.inject({ method: 'GET', url });
    assert.match(body, /&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;/);
    assert.doesNotMatch(body, /<b onclick/);
  });

  it('take no long bodies', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.inject({ method: 'POST', url, headers, payload: 'x'.repeat(2_000) });
    assert.ok(answer.statusCode >= 400);
    assert.deepEqual(confirmed, []);
  });
});
