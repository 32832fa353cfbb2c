import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computeSignature, hexDigest } from './algorithms.ts';
import { canonicalRequestHead, type WireRequest } from './canonical-request.ts';
import { hasAcceptableDate, parseAuthorization, type SignedAuthorization, verifySignature } from './index.ts';
import { type SignatureVector, signatureVectors, vectorSecret } from './signature-vectors.ts';

const signedAt = Date.UTC(2025, 10, 28, 9, 30, 0);
const minute = 60_000;

function wire(vector: SignatureVector, change: Partial<WireRequest> = {}): WireRequest {
  return {
    method: vector.method,
    rawUrl: vector.wireUri,
    headers: vector.headers,
    body: Buffer.from(vector.body),
    ...change,
  };
}

function authorizationOf(vector: SignatureVector): SignedAuthorization {
  const authorization = parseAuthorization(vector.authorization);
  assert.ok(authorization);
  return authorization;
}

/** Signs the way a client does, from parts that the vectors prove. */
function sign(
  request: WireRequest,
  signedHeaders: string[],
  payloadHash: string,
  secret = vectorSecret,
): SignedAuthorization {
  const head = canonicalRequestHead(request, signedHeaders);
  const hash = hexDigest('SDK-HMAC-SHA256', `${head}\n${payloadHash}`);
  const date = String(request.headers['x-sdk-date']);
  const signature = computeSignature('SDK-HMAC-SHA256', secret, 'AK', date, undefined, hash);
  return { algorithm: 'SDK-HMAC-SHA256', accessKey: 'AK', scope: undefined, signedHeaders, signature };
}

describe('vectors of the request signature', () => {
  it('are all there', () => assert.equal(signatureVectors.length, 8));

  for (const vector of signatureVectors) {
    it(vector.name, () => {
      const authorization = authorizationOf(vector);
      const head = canonicalRequestHead(wire(vector), authorization.signedHeaders);
      const payloadHash = vector.canonicalRequest.slice(vector.canonicalRequest.lastIndexOf('\n') + 1);
      assert.equal(`${head}\n${payloadHash}`, vector.canonicalRequest);
      assert.equal(hexDigest(authorization.algorithm, vector.canonicalRequest), vector.canonicalRequestHash);
      assert.equal(verifySignature(wire(vector), authorization, vectorSecret), true);
      assert.equal(hasAcceptableDate(wire(vector), authorization, signedAt), true);
    });

    it(`${vector.name}: any change breaks it`, () => {
      const authorization = authorizationOf(vector);
      const changed: WireRequest[] = [
        wire(vector, { method: 'PATCH' }),
        wire(vector, { rawUrl: `${vector.wireUri}x` }),
        wire(vector, { headers: { ...vector.headers, 'x-sdk-date': '20251128T093001Z' } }),
        wire(vector, { headers: { ...vector.headers, host: 'other.example.test' } }),
      ];
      for (const request of changed)
        assert.equal(verifySignature(request, authorization, vectorSecret), false);
      assert.equal(verifySignature(wire(vector), authorization, `${vectorSecret}x`), false);
      const signature = Buffer.from(authorization.signature);
      signature[0]! ^= 1;
      assert.equal(verifySignature(wire(vector), { ...authorization, signature }, vectorSecret), false);
    });
  }
});

describe('request signature', () => {
  const get = signatureVectors[0]!;
  const post = signatureVectors[2]!;

  it('accepts a date within 15 minutes and no other', () => {
    const authorization = authorizationOf(get);
    for (const offset of [-15 * minute, 0, 15 * minute])
      assert.equal(hasAcceptableDate(wire(get), authorization, signedAt + offset), true);
    for (const offset of [-15 * minute - 1000, 15 * minute + 1000])
      assert.equal(hasAcceptableDate(wire(get), authorization, signedAt + offset), false);
    const malformed = wire(get, { headers: { ...get.headers, 'x-sdk-date': '2025-11-28T09:30:00Z' } });
    assert.equal(hasAcceptableDate(malformed, authorization, signedAt), false);
    const impossible = wire(get, { headers: { ...get.headers, 'x-sdk-date': '20251399T093000Z' } });
    assert.equal(hasAcceptableDate(impossible, authorization, signedAt), false);
  });

  it('requires the date to be signed, and host not', () => {
    const authorization = authorizationOf(get);
    const without = { ...authorization, signedHeaders: ['host'] };
    assert.equal(hasAcceptableDate(wire(get), without, signedAt), false);
    const request = wire(get, { headers: { 'x-sdk-date': '20251128T093000Z', accept: 'x' } });
    const signed = sign(request, ['x-sdk-date'], hexDigest('SDK-HMAC-SHA256', ''));
    assert.equal(hasAcceptableDate(request, signed, signedAt), true);
    assert.equal(verifySignature(request, signed, vectorSecret), true);
  });

  it('refuses a signed header that is absent', () => {
    const { 'content-type': _, ...headers } = get.headers;
    assert.equal(verifySignature(wire(get, { headers }), authorizationOf(get), vectorSecret), false);
  });

  it("refuses a changed body, and a declared hash that is not the body's", () => {
    assert.equal(
      verifySignature(wire(post, { body: Buffer.from('{}') }), authorizationOf(post), vectorSecret),
      false,
    );
    const declared = hexDigest('SDK-HMAC-SHA256', 'hello');
    const request = wire(post, {
      headers: { ...post.headers, 'x-sdk-content-sha256': declared },
      body: Buffer.from('hello'),
    });
    const signed = sign(request, ['x-sdk-content-sha256', 'x-sdk-date'], declared);
    assert.equal(verifySignature(request, signed, vectorSecret), true);
    assert.equal(verifySignature({ ...request, body: Buffer.from('hellO') }, signed, vectorSecret), false);
  });

  it('accepts both readings of the content header of an empty body', () => {
    const request = wire(get, { headers: { ...get.headers, 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' } });
    for (const hash of ['UNSIGNED-PAYLOAD', hexDigest('SDK-HMAC-SHA256', '')])
      assert.equal(verifySignature(request, sign(request, ['x-sdk-date'], hash), vectorSecret), true);
  });

  it('treats + in a query as a plus sign and an absent value as empty', () => {
    const head = (rawUrl: string) => canonicalRequestHead(wire(get, { rawUrl }), ['x-sdk-date']);
    assert.equal(head('/a?b=1+2&c'), head('/a?c=&b=1%2B2'));
    assert.match(head('/a?b=1+2&c') ?? '', /\nb=1%2B2&c=\n/);
  });

  it('sorts parameters by code point, not by UTF-16 unit', () => {
    const rawUrl = `/a?${encodeURIComponent('\u{1F600}')}=1&${encodeURIComponent('\uFF01')}=2`;
    assert.match(
      canonicalRequestHead(wire(get, { rawUrl }), ['x-sdk-date']) ?? '',
      /%EF%BC%81=2&%F0%9F%98%80=1/,
    );
  });

  it('signs header values as UTF-8', () => {
    const name = Buffer.from('测试', 'utf8').toString('latin1');
    const head = canonicalRequestHead(wire(get, { headers: { 'x-name': ` ${name} ` } }), ['x-name']);
    assert.match(head ?? '', /\nx-name:测试\n/);
  });

  it('is undefined for a malformed URL', () => {
    assert.equal(canonicalRequestHead(wire(get, { rawUrl: '/a%zz' }), ['host']), undefined);
    assert.equal(canonicalRequestHead(wire(get, { rawUrl: '/a?b=%ff' }), ['host']), undefined);
  });

  it('does not depend on the order of parameters on the wire', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        const url = (entries: [string, string][]) =>
          `/p?${entries.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join('&')}`;
        const head = (rawUrl: string) => canonicalRequestHead(wire(get, { rawUrl }), ['host']);
        assert.equal(head(url(list)), head(url([...list].reverse())));
      }),
    );
  });
});

describe('Authorization header', () => {
  const signature = 'ab'.repeat(32);

  it('is parsed with or without spaces after the commas', () => {
    for (const comma of [',', ', ', ',  ']) {
      const parsed = parseAuthorization(
        `SDK-HMAC-SHA256 Access=AK${comma}SignedHeaders=host;x-sdk-date${comma}Signature=${signature}`,
      );
      assert.equal(parsed?.accessKey, 'AK');
      assert.deepEqual(parsed?.signedHeaders, ['host', 'x-sdk-date']);
    }
  });

  it('is refused when malformed or of an algorithm not offered', () => {
    const rest = `SignedHeaders=x-sdk-date, Signature=${signature}`;
    for (const value of [
      '',
      'SDK-HMAC-SHA256',
      `SDK-HMAC-SHA256 Credential=AK/20251128/globe/scm, ${rest}`,
      `V11-HMAC-SHA256 Access=AK, ${rest}`,
      `V11-HMAC-SHA256 Credential=AK, ${rest}`,
      `V11-HMAC-SHA256 Credential=AK/20251128/globe, ${rest}`,
      `SDK-ECDSA-P256-SHA256 Access=AK, ${rest}`,
      `AWS4-HMAC-SHA256 Credential=AK/20251128/globe/scm, ${rest}`,
      `SDK-HMAC-SHA256 SignedHeaders=x-sdk-date, Access=AK, Signature=${signature}`,
      `SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;x-sdk-date, Signature=${signature}`,
      `SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=${signature.slice(1)}`,
      `SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=${signature.toUpperCase()}`,
      `__proto__ Access=AK, ${rest}`,
    ])
      assert.equal(parseAuthorization(value), undefined, value);
  });

  it('refuses a V11 scope of another day', () => {
    const vector = signatureVectors[6]!;
    const authorization = authorizationOf(vector);
    const other = { ...authorization, scope: '20251127/globe/scm' };
    assert.equal(hasAcceptableDate(wire(vector), other, signedAt), false);
  });
});
