import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { ServiceError } from '../../platform/errors.ts';
import { parseSigningKeys } from './oidc-config.ts';
import { verifyIdToken } from './verify-id-token.ts';

const nowMs = Date.UTC(2025, 10, 28, 9, 30, 0);
const now = nowMs / 1000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function jwk(key: KeyObject, extra: object): object {
  return { ...key.export({ format: 'jwk' }), ...extra };
}

const config = {
  idp_url: 'https://idp.test',
  client_id: 'openccm',
  signing_key: JSON.stringify({
    keys: [
      jwk(rsa.publicKey, { kid: 'r1', use: 'sig', alg: 'RS256' }),
      jwk(ec.publicKey, { kid: 'e1' }),
      { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'ignored' },
    ],
  }),
};
const claims = { iss: 'https://idp.test', aud: 'openccm', sub: 'alice', iat: now, exp: now + 3600 };

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function makeToken(
  payload: object,
  header: { alg: string; kid?: string; crit?: string[] },
  key: KeyObject,
): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const subjectOf = (token: string) => verifyIdToken(token, config, nowMs)?.sub;

describe('id token', () => {
  it('is accepted with the signature of a configured key', () => {
    assert.equal(subjectOf(makeToken(claims, { alg: 'RS256', kid: 'r1' }, rsa.privateKey)), 'alice');
    assert.equal(subjectOf(makeToken(claims, { alg: 'ES256', kid: 'e1' }, ec.privateKey)), 'alice');
    assert.equal(subjectOf(makeToken(claims, { alg: 'ES256' }, ec.privateKey)), 'alice');
  });

  it('is refused with any other signature', () => {
    assert.equal(subjectOf(makeToken(claims, { alg: 'ES256', kid: 'e1' }, other.privateKey)), undefined);
    assert.equal(subjectOf(makeToken(claims, { alg: 'ES256', kid: 'r1' }, ec.privateKey)), undefined);
    assert.equal(subjectOf(makeToken(claims, { alg: 'RS256', kid: 'e1' }, ec.privateKey)), undefined);
    const signed = `${encode({ alg: 'none' })}.${encode(claims)}`;
    for (const signature of ['', '.', '.AAAA']) assert.equal(subjectOf(signed + signature), undefined);
    // The public key as an HMAC secret (RFC 8725 §2.1).
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const confused = `${encode({ alg: 'HS256', kid: 'r1' })}.${encode(claims)}`;
    const mac = createHmac('sha256', pem).update(confused).digest('base64url');
    assert.equal(subjectOf(`${confused}.${mac}`), undefined);
    const token = makeToken(claims, { alg: 'RS256', kid: 'r1' }, rsa.privateKey);
    const [header, , signature] = token.split('.');
    assert.equal(subjectOf(`${header}.${encode({ ...claims, sub: 'root' })}.${signature}`), undefined);
    assert.equal(subjectOf(makeToken(claims, { alg: 'ES256', crit: ['x'] }, ec.privateKey)), undefined);
    assert.equal(subjectOf('not a token'), undefined);
  });

  it('must be of the issuer, for this client, and valid now', () => {
    const withClaims = (change: object) =>
      subjectOf(makeToken({ ...claims, ...change }, { alg: 'ES256' }, ec.privateKey));
    for (const change of [
      { iss: 'https://other.test' },
      { aud: 'other' },
      { aud: ['openccm', 'other'] },
      { aud: ['openccm'], azp: 'other' },
      { sub: '' },
      { sub: 7 },
      { exp: now - 61 },
      { exp: undefined },
      { iat: now + 61 },
      { iat: undefined },
      { nbf: now + 61 },
    ])
      assert.equal(withClaims(change), undefined, JSON.stringify(change));
    for (const change of [
      { aud: ['openccm'] },
      { aud: ['openccm', 'other'], azp: 'openccm' },
      { exp: now - 30 },
      { nbf: now + 30 },
    ])
      assert.equal(withClaims(change), 'alice', JSON.stringify(change));
  });

  it('keys that are none, secret or weak are refused with the reason', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    for (const [keys, reason] of [
      ['{}', /JSON Web Key Set/],
      ['no json', /JSON Web Key Set/],
      ['{"keys":[]}', /no RSA or P-256 key/],
      ['{"keys":[1]}', /not a key/],
      ['{"keys":[{"kty":"RSA","n":"!","e":"AQAB"}]}', /cannot be read|below 2048/],
      [JSON.stringify({ keys: [jwk(ec.privateKey, {})] }), /private/],
      [JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }] }), /private/],
      [JSON.stringify({ keys: [jwk(weak.publicKey, {})] }), /below 2048/],
      [JSON.stringify({ keys: [jwk(ec.publicKey, { use: 'enc' })] }), /no RSA or P-256 key/],
    ] as const)
      assert.throws(
        () => parseSigningKeys(keys),
        (error) => error instanceof ServiceError && reason.test(error.message),
      );
  });
});
