import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { encodeOcspRequest, parseOcspResponse } from '../../pki/index.ts';
import { install, revocationMigrations } from '../revocation.fixture.ts';
import { answered, answering, ask, certIdOf, get } from './ocsp.fixture.ts';

describeOnEachDatabase('OCSP over HTTP', revocationMigrations, (open) => {
  test('a nonce of 1 to 32 octets is answered, a longer one is malformed', async () => {
    const installation = await install(await open());
    const { caId, ca, leaf } = await answering(installation);
    const withNonce = (length: number) =>
      encodeOcspRequest([certIdOf(ca, leaf.serialNumber)], Buffer.alloc(length, length));
    for (const length of [1, 32]) {
      const { nonce } = await answered(installation, caId, withNonce(length));
      assert.deepEqual(Buffer.from(nonce!), Buffer.alloc(length, length));
    }
    assert.equal(await ask(installation, caId, withNonce(33)), 'malformedRequest');
  });

  test('what is no request, or too long, is malformed', async () => {
    const installation = await install(await open());
    const { caId } = await answering(installation);
    for (const body of [Buffer.alloc(0), Buffer.from('nonsense'), Buffer.alloc(20_000)]) {
      assert.equal(await ask(installation, caId, body), 'malformedRequest');
    }
    for (const path of ['not%20base64!', 'AAAA']) {
      const response = await installation.plain.inject(`/ocsp/${caId}/${path}`);
      assert.equal(parseOcspResponse(response.rawPayload), 'malformedRequest');
    }
  });

  test('GET has headers for caches, the same answer for half an hour, and 304 for who has it', async () => {
    const installation = await install(await open());
    const { clock } = installation;
    const { caId, request } = await answering(installation);
    const first = await get(installation, caId, request);
    assert.equal(first.headers['content-type'], 'application/ocsp-response');
    assert.equal(first.headers['cache-control'], 'max-age=60, public, no-transform, must-revalidate');
    assert.equal(first.headers['last-modified'], new Date(clock.nowMs()).toUTCString());
    assert.equal(first.headers.expires, new Date(clock.nowMs() + 60_000).toUTCString());
    clock.advance(29 * 60_000);
    const second = await get(installation, caId, request);
    assert.deepEqual(second.rawPayload, first.rawPayload);
    const etag = String(first.headers.etag);
    const unchanged = await get(installation, caId, request, { 'if-none-match': etag });
    assert.deepEqual([unchanged.statusCode, unchanged.rawPayload.length], [304, 0]);
    clock.advance(60_000);
    const third = await get(installation, caId, request, { 'if-none-match': etag });
    assert.equal(third.statusCode, 200);
    assert.notDeepEqual(third.rawPayload, first.rawPayload);
  });

  test('GET takes base64 as it is and percent-encoded, with slashes anywhere', async () => {
    const installation = await install(await open());
    const { caId, ca } = await answering(installation);
    let seen = 0;
    for (let serial = 1n; seen < 3 && serial < 5_000n; serial++) {
      const request = Buffer.from(encodeOcspRequest([certIdOf(ca, serial)]));
      const base64 = request.toString('base64');
      if (!base64.endsWith('/') && !base64.includes('//')) continue;
      seen += 1;
      for (const encoded of [base64, encodeURIComponent(base64)]) {
        const response = await installation.plain.inject(`/ocsp/${caId}/${encoded}`);
        const parsed = parseOcspResponse(response.rawPayload);
        assert.ok(typeof parsed === 'object', `${base64}: ${parsed}`);
        assert.equal(parsed.responses[0]?.certId.serialNumber, serial);
      }
    }
    assert.ok(seen > 0);
  });

  test('what is unknown, and answers to a nonce, are for nobody else', async () => {
    const installation = await install(await open());
    const { caId, ca, leaf } = await answering(installation);
    const unknown = encodeOcspRequest([certIdOf(ca, 4711n)]);
    const withNonce = encodeOcspRequest([certIdOf(ca, leaf.serialNumber)], Buffer.alloc(16, 1));
    for (const request of [unknown, withNonce]) {
      const response = await get(installation, caId, request);
      assert.equal(response.headers['cache-control'], 'no-store');
    }
  });

  test('what goes wrong here is internalError to the client', async () => {
    const installation = await install(await open());
    const { caId, request } = await answering(installation);
    await installation.database.close();
    installation.clock.advance(2_000);
    assert.equal(await ask(installation, caId, request), 'internalError');
  });
});
