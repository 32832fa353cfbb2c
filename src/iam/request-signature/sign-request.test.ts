import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAuthorization, signRequest, verifySignature } from './index.ts';
import { signatureVectors, vectorSecret } from './signature-vectors.ts';

const key = { accessKey: 'AKIDEXAMPLE0000TEST1', secretKey: vectorSecret };

describe('signing a request', () => {
  // The sixth signs a payload that it declares unsigned; the others are of other algorithms.
  for (const vector of signatureVectors.slice(0, 5))
    it(`makes the signature of the vendor's signer: ${vector.name}`, () => {
      const { method, wireUri: rawUrl, headers, body } = vector;
      assert.equal(
        signRequest({ method, rawUrl, headers, body: Buffer.from(body) }, key),
        vector.authorization,
      );
    });

  it('makes what the server accepts, whatever is in the query and the body', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
        fc.uint8Array(),
        (query, body) => {
          const pairs = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
          const request = {
            method: 'POST',
            rawUrl: `/v2/zones?${pairs.join('&')}`,
            headers: { host: 'dns.example.test', 'x-sdk-date': '20251128T093000Z' },
            body,
          };
          const authorization = parseAuthorization(signRequest(request, key));
          assert.ok(authorization);
          assert.equal(verifySignature(request, authorization, key.secretKey), true);
        },
      ),
    );
  });

  it('refuses a request without a date or with a malformed address', () => {
    const request = { method: 'GET', rawUrl: '/', headers: { host: 'a' }, body: Buffer.alloc(0) };
    assert.throws(() => signRequest(request, key));
    const headers = { host: 'a', 'x-sdk-date': '20251128T093000Z' };
    assert.throws(() => signRequest({ ...request, headers, rawUrl: '/%zz' }, key));
  });
});
