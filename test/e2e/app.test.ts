import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { FixedClock } from '../../src/platform/clock.ts';
import { StartRefused } from '../../src/platform/start-refused.ts';
import { clientWith, signIn } from '../support/api-client.ts';
import { type AppOptions, type RunningApp, startApp } from '../support/app.ts';
import { freshAddress } from '../support/databases.ts';
import { createCa, issueWithKey, rootCaBody } from '../support/private-ca-requests.ts';
import { signedHeaders } from '../support/sign-request.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Closed after the test, however it ends. */
async function start(t: TestContext, options?: AppOptions): Promise<RunningApp> {
  const running = await startApp(options);
  t.after(() => running.close());
  return running;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-app-'));
  folders.push(folder);
  return folder;
}

const signedOut = { 'x-auth-token': '' };

async function getPlain(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
}

describe('the program', () => {
  test('issues and exports a certificate over HTTPS, and has it after a restart', async (t) => {
    const dataDir = await newFolder();
    const first = await start(t, { dataDir });
    assert.equal(first.app.created?.accountName, first.bootstrap.account_name);
    assert.equal((await stat(first.app.bootstrapFile)).mode & 0o777, 0o600);
    const ca = await readFile(first.caFile, 'utf8');
    const api = await signIn(first);
    const caId = await createCa(api, rootCaBody('Restart root'));
    const certificateId = await issueWithKey(api, caId, 'restart.example.test');
    api.close();
    await first.close();

    const second = await start(t, { dataDir });
    assert.equal(second.app.created, undefined);
    assert.equal(await readFile(second.caFile, 'utf8'), ca);
    const again = await signIn(second);
    const exported = await again.call<{ certificate: string; private_key: string }>(
      'POST',
      `/v1/private-certificates/${certificateId}/export`,
      { is_compressed: 'false', type: 'OTHER' },
    );
    assert.match(new X509Certificate(exported.certificate).subject, /CN=restart.example.test/);
    assert.match(exported.private_key, /PRIVATE KEY/);
    again.close();
  });

  test('keeps keys that encrypt, and answers both services that share an address', async (t) => {
    // The name goes into the server's certificate.
    const running = await start(t, { env: { OPENCCM_PUBLIC_URL: 'https://kms.example.test' } });
    const api = await signIn(running);
    const path = `/v1.0/${running.bootstrap.project_id}/kms`;
    const { key_info: key } = await api.call<{ key_info: { key_id: string } }>('POST', `${path}/create-key`, {
      key_alias: 'first',
    });
    const { cipher_text: cipherText } = await api.call<{ cipher_text: string }>(
      'POST',
      `${path}/encrypt-data`,
      {
        key_id: key.key_id,
        plain_text: 'attack at dawn',
      },
    );
    const decrypted = await api.call<{ plain_text: string }>('POST', `${path}/decrypt-data`, {
      cipher_text: cipherText,
    });
    assert.equal(decrypted.plain_text, 'attack at dawn');
    const refused = await api.send('POST', `${path}/create-key`, '{');
    assert.partialDeepStrictEqual(refused.json, { error: { error_code: 'KMS.0202' } });

    const wrongMethod = await api.send('PUT', `${path}/create-key`);
    assert.equal(wrongMethod.status, 405);
    assert.partialDeepStrictEqual(wrongMethod.json, { error: { error_code: 'KMS.0215' } });

    const stranger = await clientWith(running, undefined);
    const identity = await stranger.send('GET', '/');
    assert.partialDeepStrictEqual(identity.json, { versions: { values: [{ id: 'v3.6' }] } });
    for (const headers of [{ host: 'kms.example.test' }, { 'user-agent': 'huaweicloud-usdk-python/3.0' }]) {
      const versions = await stranger.send('GET', '/', undefined, headers);
      assert.partialDeepStrictEqual(versions.json, { versions: [{ id: 'v1.0' }] });
    }
    stranger.close();
    api.close();
  });

  test('tells operators how it is, on the plain port only', async (t) => {
    const running = await start(t);
    assert.deepEqual(await getPlain(`${running.httpUrl}/healthz`), { status: 200, text: '{"status":"ok"}' });
    assert.deepEqual(await getPlain(`${running.httpUrl}/readyz`), {
      status: 200,
      text: '{"status":"ready"}',
    });
    assert.equal((await getPlain(`${running.httpUrl}/v1/private-certificate-authorities`)).status, 404);
    assert.equal((await getPlain(`${running.httpUrl}/dev/clock`)).status, 404);
  });

  test('gives metrics to nobody unless it is told to whom', async (t) => {
    const running = await start(t);
    const api = await signIn(running);
    assert.equal((await api.send('GET', '/metrics')).status, 404);
    assert.equal((await getPlain(`${running.httpUrl}/metrics`)).status, 404);
    assert.equal(running.metricsUrl, undefined);
    api.close();
  });

  test('gives metrics on a listener of their own', async (t) => {
    const running = await start(t, { env: { OPENCCM_METRICS_PORT: '0' } });
    const api = await signIn(running);
    await api.call('GET', '/v1/private-certificate-authorities');
    assert.equal((await api.send('GET', '/v1/private-certificate-authorities', '', signedOut)).status, 401);
    const metrics = await getPlain(`${running.metricsUrl}/metrics`);
    assert.match(
      metrics.text,
      /openccm_requests_total\{operation="listCertificateAuthorities",status="200"\} 1/,
    );
    assert.match(metrics.text, /openccm_database_commit_transactions_count [1-9]/);
    assert.match(metrics.text, /openccm_jobs_due 0/);
    // Made once a second at most, however often it is asked for.
    await api.call('GET', '/v1/private-certificate-authorities');
    assert.equal((await getPlain(`${running.metricsUrl}/metrics`)).text, metrics.text);
    assert.equal((await getPlain(`${running.httpUrl}/metrics`)).status, 404);
    assert.equal((await getPlain(`${running.metricsUrl}/v3`)).status, 404);
    api.close();
  });

  test('gives metrics to who has the token, by HTTPS too', async (t) => {
    const token = 'a-token-for-metrics';
    const env = { OPENCCM_METRICS_PORT: '0', OPENCCM_METRICS_TOKEN: token };
    const running = await start(t, { env });
    const api = await clientWith(running, undefined);
    for (const [authorization, status] of [
      [undefined, 401],
      ['Bearer another-token-of-it', 401],
      [`Bearer ${token}`, 200],
    ] as const) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await api.send('GET', '/metrics', undefined, headers);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, new RegExp(token));
      assert.equal((await fetch(`${running.metricsUrl}/metrics`, { headers })).status, status);
    }
    api.close();
  });

  test('lets nobody keep its answers, and tells browsers to stay with HTTPS', async (t) => {
    const running = await start(t, { env: { OPENCCM_HTTP_API: '1' } });
    const api = await signIn(running);
    for (const [method, path] of [
      ['GET', '/v3'],
      ['GET', '/v1/private-certificate-authorities'],
      ['GET', '/nowhere'],
      ['POST', '/v3/auth/tokens'],
    ] as const) {
      const { headers } = await api.send(method, path, method === 'GET' ? undefined : {});
      assert.equal(headers['cache-control'], 'no-store', path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      assert.equal(headers['strict-transport-security'], 'max-age=31536000', path);
      const plain = await fetch(`${running.httpUrl}${path}`);
      assert.equal(plain.headers.get('cache-control'), 'no-store', path);
      assert.equal(plain.headers.get('strict-transport-security'), null, path);
    }
    api.close();
  });

  test('serves the API on the plain port when it is told to', async (t) => {
    const running = await start(t, { env: { OPENCCM_HTTP_API: '1' } });
    const answer = await getPlain(`${running.httpUrl}/v1/private-certificate-authorities`);
    assert.equal(answer.status, 401);
    const created = await fetch(`${running.httpUrl}/v3/auth/tokens`, { method: 'POST', body: '{}' });
    assert.equal(created.status, 400);
    await created.arrayBuffer();
    assert.equal((await getPlain(`${running.httpUrl}/readyz`)).status, 200);
  });

  test('describes every operation under a name of its own', async (t) => {
    const running = await start(t);
    const api = await clientWith(running, undefined);
    const document = await api.call<{ paths: Record<string, Record<string, { operationId?: string }>> }>(
      'GET',
      '/openapi.json',
    );
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method} ${path}`, operation.operationId] as const,
      ),
    );
    assert.ok(operations.length > 30);
    assert.deepEqual(
      operations.filter(([, operationId]) => !operationId),
      [],
    );
    assert.equal(new Set(operations.map(([, operationId]) => operationId)).size, operations.length);
    api.close();
  });

  test('refuses a port that is taken, and leaves the other free', async (t) => {
    const running = await start(t);
    const dataDir = await newFolder();
    const port = new URL(running.httpUrl).port;
    await assert.rejects(startApp({ dataDir, env: { OPENCCM_HTTP_PORT: port } }), (error) => {
      assert.ok(error instanceof StartRefused);
      assert.match(error.message, new RegExp(`port ${port} of 127.0.0.1 is in use.*OPENCCM_HTTP_PORT`));
      return true;
    });
  });

  test('refuses a database that is not there, without telling its password', async () => {
    const dataDir = await newFolder();
    const env = { OPENCCM_DATABASE_URL: 'postgres://user:secret@127.0.0.1:1/ccm' };
    await assert.rejects(startApp({ dataDir, env }), (error) => {
      assert.ok(error instanceof StartRefused);
      assert.match(
        error.message,
        /127\.0\.0\.1:1\/ccm cannot be opened: .*ECONNREFUSED.*OPENCCM_DATABASE_URL/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  test('refuses a first password that its own policy forbids', async () => {
    const dataDir = await newFolder();
    await assert.rejects(
      startApp({ dataDir, env: { OPENCCM_BOOTSTRAP_PASSWORD: 'short' } }),
      (error) => error instanceof StartRefused && /OPENCCM_BOOTSTRAP_.*password/.test(error.message),
    );
  });
});

describe('the dev clock', () => {
  test('makes what is due happen before it answers, and does not go back at a restart', async (t) => {
    const dataDir = await newFolder();
    const env = { OPENCCM_DEV_CLOCK: '1' };
    const first = await start(t, { dataDir, env });
    const api = await signIn(first);
    const caId = await createCa(api, rootCaBody('Deleted root'));
    const path = `/v1/private-certificate-authorities/${caId}`;
    await api.call('POST', `${path}/disable`);
    await api.call('DELETE', `${path}?pending_days=7`);
    assert.equal((await api.send('GET', path)).status, 200);
    api.close();
    const before = first.clock.nowMs();
    const advance = (body: unknown) =>
      fetch(`${first.httpUrl}/dev/clock`, { method: 'POST', body: JSON.stringify(body) });
    const refused = await advance({ advance_seconds: -1 });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /advance_seconds must be >= 0/);
    // What a browser says when a page of another site, or of a name that resolves to this machine, sends it.
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: first.httpUrl },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const body = JSON.stringify({ advance_seconds: 86_400 });
      const page = await fetch(`${first.httpUrl}/dev/clock`, { method: 'POST', body, headers });
      assert.equal(page.status, 403);
      assert.match(await page.text(), /not moved for web pages/);
    }
    assert.ok(first.clock.nowMs() < before + 86_400_000);
    const moved = await advance({ advance_seconds: 8 * 86_400 });
    assert.equal(moved.status, 200);
    const { now_ms: nowMs } = (await moved.json()) as { now_ms: number };
    assert.ok(nowMs >= before + 8 * 86_400_000);
    // The token has expired with the time that passed.
    const later = await signIn(first);
    assert.equal((await later.send('GET', path)).status, 404);
    later.close();
    // Who signs does so by his own machine's time.
    const stranger = await clientWith(first, undefined);
    const { access_key: accessKey, secret_key: secretKey } = first.bootstrap;
    const { host } = new URL(first.httpsUrl);
    for (const [atMs, status] of [
      [Date.now(), 404],
      [nowMs, 401],
    ] as const) {
      const headers = signedHeaders({ accessKey, secretKey }, { method: 'GET', host, path, atMs });
      assert.equal((await stranger.send('GET', path, undefined, headers)).status, status);
    }
    stranger.close();
    await first.close();

    const second = await start(t, { dataDir, env });
    assert.ok(second.clock.nowMs() >= nowMs);
  });
});

describe('a clock that stands still', () => {
  test('carries the program from one day to the other', async (t) => {
    const clock = new FixedClock(Date.UTC(2025, 0, 1));
    const running = await start(t, { clock });
    const api = await signIn(running);
    const caId = await createCa(api, rootCaBody('Still root'));
    const path = `/v1/private-certificate-authorities/${caId}`;
    const { create_time: createTime } = await api.call<{ create_time: number }>('GET', path);
    assert.equal(createTime, Date.UTC(2025, 0, 1));
    await api.call('POST', `${path}/disable`);
    await api.call('DELETE', `${path}?pending_days=7`);
    await running.app.runDueJobs();
    assert.equal((await api.send('GET', path)).status, 200);
    api.close();
    clock.advance(7 * 86_400_000);
    await running.app.runDueJobs();
    const later = await signIn(running);
    assert.equal((await later.send('GET', path)).status, 404);
    later.close();
  });
});

describe('several nodes on one PostgreSQL', () => {
  test('are one installation', async (t) => {
    const { url } = await freshAddress.postgres();
    const dataDir = await newFolder();
    const env = { OPENCCM_DATABASE_URL: url };
    const one = await start(t, { dataDir, env });
    const two = await start(t, { dataDir, env });
    assert.equal(two.app.created, undefined);
    const api = await signIn(one);
    const caId = await createCa(api, rootCaBody('Shared root'));
    const other = await clientWith(two, api.token);
    const certificateId = await issueWithKey(other, caId, 'node-two.example.test');
    const shown = await api.call<{ certificate_id: string }>(
      'GET',
      `/v1/private-certificates/${certificateId}`,
    );
    assert.equal(shown.certificate_id, certificateId);
    api.close();
    other.close();
  });
});
