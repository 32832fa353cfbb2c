import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KeyAlgorithm, signatureAlgorithmFor } from '../algorithms.ts';
import { fixtureFrom, issueCa, issueLeaf } from '../authority.fixture.ts';
import { keyIdentifierOf } from '../certificate/extensions/index.ts';
import { verifyStructure } from '../certificate/signed-structure.ts';
import { der } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import {
  type BasicOcspResponse,
  buildOcspResponse,
  type CertStatus,
  encodeCertId,
  encodeOcspError,
  encodeOcspRequest,
  issuerHashes,
  type OcspResponseContents,
  parseOcspRequest,
  parseOcspResponse,
} from './index.ts';

const ca = await issueCa('OCSP issuer');
const responder = await issueLeaf('Responder', ca);
const certIdOf = (serialNumber: bigint, hash: 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512' | 'SM3' = 'SHA1') =>
  encodeCertId(issuerHashes(ca.certificate.subjectDer, ca.certificate.spki, hash), hash, serialNumber);

test('requests are read, under every hash that clients use', () => {
  for (const hash of ['SHA1', 'SHA256', 'SHA384', 'SHA512', 'SM3'] as const) {
    const certId = certIdOf(77n, hash);
    const { certIds, nonce } = parseOcspRequest(encodeOcspRequest([certId, certIdOf(78n)]));
    assert.equal(nonce, undefined);
    assert.equal(certIds.length, 2);
    assert.equal(certIds[0]?.hash, hash);
    assert.equal(certIds[0]?.serialNumber, 77n);
    assert.deepEqual(Buffer.from(certIds[0]!.der), Buffer.from(certId));
    const expected = issuerHashes(ca.certificate.subjectDer, ca.certificate.spki, hash);
    assert.deepEqual(Buffer.from(certIds[0]!.issuerNameHash), Buffer.from(expected.name));
    assert.deepEqual(Buffer.from(certIds[0]!.issuerKeyHash), Buffer.from(expected.key));
  }
});

test('the key hash of a CertID is that of the key identifier', () => {
  const { key } = issuerHashes(ca.certificate.subjectDer, ca.certificate.spki, 'SHA1');
  assert.deepEqual(key, keyIdentifierOf(ca.certificate.spki));
});

test('parameters of the hash may be NULL or absent; an unknown hash is told apart', () => {
  const certId = (algorithm: Uint8Array) =>
    der.sequence(
      algorithm,
      der.octetString(Buffer.alloc(20)),
      der.octetString(Buffer.alloc(20)),
      der.integer(1),
    );
  const read = (algorithm: Uint8Array) => parseOcspRequest(encodeOcspRequest([certId(algorithm)])).certIds[0];
  assert.equal(read(der.sequence(der.oid(oids.sha1)))?.hash, 'SHA1');
  assert.equal(read(der.sequence(der.oid('1.2.840.113549.2.5'), der.nullValue()))?.hash, undefined);
  assert.throws(() => read(der.sequence(der.oid(oids.sha1), der.integer(1))), MalformedError);
});

test('nonces of 1 to 32 octets are taken, others make the request malformed (RFC 9654 §2.1)', () => {
  for (const length of [1, 16, 32]) {
    const nonce = Buffer.alloc(length, 7);
    const read = parseOcspRequest(encodeOcspRequest([certIdOf(1n)], nonce)).nonce;
    assert.deepEqual(Buffer.from(read!), nonce);
  }
  for (const length of [0, 33]) {
    assert.throws(
      () => parseOcspRequest(encodeOcspRequest([certIdOf(1n)], Buffer.alloc(length))),
      MalformedError,
    );
  }
});

test('requests are bounded, in octets and in certificates', () => {
  const many = (count: number) =>
    encodeOcspRequest(Array.from({ length: count }, (_, at) => certIdOf(BigInt(at + 1))));
  assert.equal(parseOcspRequest(many(32)).certIds.length, 32);
  assert.throws(() => parseOcspRequest(many(33)), /more than 32/);
  assert.throws(() => parseOcspRequest(many(0)), /for nothing/);
  assert.throws(() => parseOcspRequest(Buffer.alloc(16_385)), /above 16 KiB/);
});

test('what is optional in a request is read over, what is critical and unknown refuses it', () => {
  const list = der.sequence(der.sequence(certIdOf(1n)));
  const version = (number: number) => der.explicit(0, der.integer(number));
  const requestor = der.explicit(1, der.tagged(0x82, Buffer.from('client.example')));
  const signature = der.explicit(0, der.sequence());
  const extensions = (critical: boolean) => {
    const flag = critical ? [der.boolean(true)] : [];
    return der.sequence(der.sequence(der.oid('2.25.1'), ...flag, der.octetString(der.nullValue())));
  };
  const read = (...parts: Uint8Array[]) => parseOcspRequest(der.sequence(der.sequence(...parts)));
  assert.equal(read(version(0), requestor, list, der.explicit(2, extensions(false))).certIds.length, 1);
  assert.equal(parseOcspRequest(der.sequence(der.sequence(list), signature)).certIds.length, 1);
  assert.throws(() => read(version(1), list), MalformedError);
  assert.throws(() => read(list, der.explicit(2, extensions(true))), /not understood/);
  const single = (critical: boolean) =>
    der.sequence(der.sequence(certIdOf(1n), der.explicit(0, extensions(critical))));
  assert.equal(read(single(false)).certIds.length, 1);
  assert.throws(() => read(single(true)), /not understood/);
  assert.throws(() => read(list, der.nullValue()), MalformedError);
});

const statuses: readonly CertStatus[] = [
  { kind: 'good' },
  { kind: 'unknown' },
  { kind: 'revoked', revokedMs: fixtureFrom, reason: 'unspecified' },
  { kind: 'revoked', revokedMs: fixtureFrom, reason: 'keyCompromise' },
  { kind: 'revoked', revokedMs: fixtureFrom, reason: 'certificateHold' },
];

function contentsOf(overrides: Partial<OcspResponseContents> = {}): OcspResponseContents {
  return {
    responderKeyHash: keyIdentifierOf(responder.certificate.spki),
    producedAtMs: fixtureFrom + 1000,
    responses: statuses.map((status, at) => ({
      certId: certIdOf(BigInt(at + 1)),
      status,
      thisUpdateMs: fixtureFrom,
      nextUpdateMs: at === 0 ? undefined : fixtureFrom + 3600_000,
    })),
    certificates: [responder.certificate.der],
    signatureAlgorithm: signatureAlgorithmFor(responder.signer.keyAlgorithm),
    ...overrides,
  };
}

function basic(bytes: Uint8Array): BasicOcspResponse {
  const response = parseOcspResponse(bytes);
  if (typeof response === 'string') return assert.fail(response);
  return response;
}

test('a response reads back as it was built, signed by the delegated responder', async () => {
  const nonce = Buffer.alloc(32, 9);
  const response = basic(await buildOcspResponse(contentsOf({ nonce }), responder.signer));
  assert.deepEqual(
    response.responses.map(({ status }) => status),
    statuses,
  );
  assert.deepEqual(
    response.responses.map(({ certId }) => certId.serialNumber),
    [1n, 2n, 3n, 4n, 5n],
  );
  assert.equal(response.responses[0]?.nextUpdateMs, undefined);
  assert.equal(response.responses[1]?.nextUpdateMs, fixtureFrom + 3600_000);
  assert.equal(response.producedAtMs, fixtureFrom + 1000);
  assert.deepEqual(Buffer.from(response.nonce!), nonce);
  assert.ok('keyHash' in response.responder);
  assert.deepEqual(Buffer.from(response.responder.keyHash), keyIdentifierOf(responder.certificate.spki));
  assert.deepEqual(
    response.certificates.map((certificate) => Buffer.from(certificate)),
    [Buffer.from(responder.certificate.der)],
  );
  assert.equal(await verifyStructure(response, responder.certificate.spki), true);
  assert.equal(await verifyStructure(response, ca.certificate.spki), false);
});

test('without a nonce none is answered, without a certificate none is sent', async () => {
  const response = basic(await buildOcspResponse(contentsOf({ certificates: [] }), responder.signer));
  assert.equal(response.nonce, undefined);
  assert.deepEqual(response.certificates, []);
  await assert.rejects(buildOcspResponse(contentsOf({ responses: [] }), responder.signer), MalformedError);
});

for (const algorithm of ['RSA2048', 'EC384', 'SM2', 'ED25519', 'MLDSA44'] satisfies KeyAlgorithm[]) {
  test(`a response is signed with ${algorithm}`, async () => {
    const { certificate, signer } = await issueCa('Own', undefined, { algorithm });
    const contents = contentsOf({ signatureAlgorithm: signatureAlgorithmFor(algorithm) });
    assert.equal(
      await verifyStructure(basic(await buildOcspResponse(contents, signer)), certificate.spki),
      true,
    );
  });
}

test('errors have their numbers and nothing else (RFC 6960 §4.2.1)', () => {
  const numbers = {
    malformedRequest: 1,
    internalError: 2,
    tryLater: 3,
    sigRequired: 5,
    unauthorized: 6,
  } as const;
  for (const [error, number] of Object.entries(numbers)) {
    const encoded = encodeOcspError(error as keyof typeof numbers);
    assert.deepEqual(Buffer.from(encoded), Buffer.from([0x30, 3, 0x0a, 1, number]));
    assert.equal(parseOcspResponse(encoded), error);
  }
  assert.throws(() => parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 4)), MalformedError);
  assert.throws(() => parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 0)), MalformedError);
});

test('damaged requests and responses are read or refused by MalformedError', async () => {
  const request = encodeOcspRequest([certIdOf(1n), certIdOf(2n, 'SHA256')], Buffer.alloc(16));
  const response = await buildOcspResponse(contentsOf({ nonce: Buffer.alloc(16) }), responder.signer);
  for (const [bytes, parse] of [
    [request, parseOcspRequest],
    [response, parseOcspResponse],
  ] as const) {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= flip;
        try {
          parse(damaged);
        } catch (error) {
          assert.ok(error instanceof MalformedError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  }
});
