import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { signatureAlgorithmFor } from '../algorithms.ts';
import {
  fixtureFrom,
  fixtureUntil,
  issueCa,
  issueLeaf,
  unknownCriticalExtension,
} from '../authority.fixture.ts';
import { children, der, readDer, tags } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { customExtension } from './extension.ts';
import { subjectAlternativeNameExtension } from './extensions/index.ts';
import { buildTbsCertificate } from './issue-certificate.ts';
import { parseCertificate, verifyCertificateSignature } from './parse-certificate.ts';

const root = await issueCa('Root');
const leaf = await issueLeaf('leaf.example.com', root, {
  extensions: [subjectAlternativeNameExtension([{ type: 'DNS', value: 'leaf.example.com' }])],
});

/** The DER of a certificate whose tbs parts went through `change`; the signature is left to be wrong. */
function altered(change: (parts: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const [tbs, algorithm, signature] = children(readDer(leaf.certificate.der));
  const parts = change(children(tbs!).map((part) => part.raw));
  return der.sequence(der.sequence(...parts), algorithm!.raw, signature!.raw);
}

const replaced = (index: number, part: Uint8Array) => altered((parts) => parts.with(index, part));

test('a certificate reads back as issued, here and in Node', () => {
  const { certificate } = leaf;
  const foreign = new X509Certificate(certificate.der);
  assert.equal(certificate.version, 3);
  assert.equal(BigInt(`0x${foreign.serialNumber}`), certificate.serialNumber);
  assert.equal(foreign.subject, 'CN=leaf.example.com\nC=CN\nO=Example');
  assert.equal(foreign.issuer, 'CN=Root\nC=CN\nO=Example');
  assert.equal(foreign.subjectAltName, 'DNS:leaf.example.com');
  assert.equal(foreign.validFromDate.getTime(), fixtureFrom);
  assert.equal(foreign.validToDate.getTime(), fixtureUntil);
  assert.equal(certificate.notBeforeMs, fixtureFrom);
  assert.equal(certificate.notAfterMs, fixtureUntil);
  assert.equal(foreign.ca, false);
  assert.ok(new X509Certificate(root.certificate.der).ca);
  assert.ok(foreign.checkIssued(new X509Certificate(root.certificate.der)));
  assert.deepEqual(certificate.unknownCriticalExtensions, []);
  assert.equal(certificate.signatureAlgorithm, signatureAlgorithmFor('EC256'));
});

test('the signature holds for the issuer only', async () => {
  assert.equal(await verifyCertificateSignature(leaf.certificate, root.certificate.spki), true);
  assert.equal(await verifyCertificateSignature(leaf.certificate, leaf.certificate.spki), false);
  const unsupported = { ...leaf.certificate, signatureAlgorithm: undefined };
  await assert.rejects(
    verifyCertificateSignature(unsupported, root.certificate.spki),
    UnsupportedAlgorithmError,
  );
});

test('validity turns to GeneralizedTime in 2050 and reads back', async () => {
  const notAfterMs = Date.UTC(2051, 5, 1);
  const { certificate } = await issueLeaf('late', root, { notAfterMs });
  assert.equal(certificate.notAfterMs, notAfterMs);
  const validity = children(children(children(readDer(certificate.der))[0]!)[4]!);
  assert.deepEqual(
    validity.map((time) => time.tag),
    [tags.utcTime, tags.generalizedTime],
  );
});

test('wrong versions, serial numbers, algorithms, names and repeated extensions are refused', () => {
  assert.doesNotThrow(() => parseCertificate(altered((parts) => parts)));
  const extension = der.sequence(der.oid('2.25.1'), der.octetString(der.nullValue()));
  const list = (...extensions: Uint8Array[]) => der.explicit(3, der.sequence(...extensions));
  const spelledOut = der.sequence(der.oid('2.25.1'), der.boolean(false), der.octetString(der.nullValue()));
  const wrong: Record<string, Uint8Array> = {
    'v1 spelled out': replaced(0, der.explicit(0, der.integer(0))),
    v4: replaced(0, der.explicit(0, der.integer(3))),
    'extensions in v2': replaced(0, der.explicit(0, der.integer(1))),
    'extensions in v1': altered((parts) => parts.slice(1)),
    'serial of 21 octets': replaced(1, der.integer(2n ** 160n)),
    'negative serial': replaced(1, der.integer(-1)),
    'other algorithm inside': replaced(2, signatureAlgorithmFor('EC384').identifier),
    'no issuer': replaced(3, der.sequence()),
    'duplicate extension': replaced(7, list(extension, extension)),
    'no extension': replaced(7, list()),
    'default spelled out': replaced(7, list(spelledOut)),
    'something more': altered((parts) => [...parts, der.nullValue()]),
    truncated: leaf.certificate.der.subarray(0, -1),
    'trailing garbage': Buffer.concat([leaf.certificate.der, Buffer.alloc(1)]),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    assert.throws(() => parseCertificate(bytes), MalformedError, what);
  }
  assert.doesNotThrow(() => parseCertificate(replaced(7, list(extension))));
});

test('unknown critical extensions are listed', async () => {
  const { certificate } = await issueLeaf('odd', root, { extensions: [unknownCriticalExtension] });
  assert.deepEqual(certificate.unknownCriticalExtensions, ['2.25.1']);
});

test('what RFC 5280 does not allow is not issued', () => {
  const good = {
    serialNumber: 1n,
    issuer: root.certificate.subjectDer,
    subject: [],
    notBeforeMs: fixtureFrom,
    notAfterMs: fixtureUntil,
    subjectPublicKeySpki: root.certificate.spki,
    extensions: [],
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
  };
  const twice = customExtension(oids.tlsFeature, der.sequence(der.integer(5)));
  assert.doesNotThrow(() => buildTbsCertificate(good));
  for (const serialNumber of [0n, -1n, 2n ** 159n, new Uint8Array(20), new Uint8Array(20).fill(0x80)]) {
    assert.throws(() => buildTbsCertificate({ ...good, serialNumber }), MalformedError);
  }
  assert.doesNotThrow(() => buildTbsCertificate({ ...good, serialNumber: 2n ** 159n - 1n }));
  assert.throws(() => buildTbsCertificate({ ...good, issuer: [] }), MalformedError);
  assert.throws(() => buildTbsCertificate({ ...good, notAfterMs: fixtureFrom - 1 }), MalformedError);
  assert.throws(() => buildTbsCertificate({ ...good, extensions: [twice, twice] }), MalformedError);
});

test('a damaged certificate is read or refused by MalformedError', () => {
  const bytes = leaf.certificate.der;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      try {
        parseCertificate(damaged);
      } catch (error) {
        assert.ok(error instanceof MalformedError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a certificate above 256 KiB is not read', () => {
  const withLongSerial = (bytes: number) =>
    altered(([version, , ...others]) => [version!, der.octetString(new Uint8Array(bytes)), ...others]);
  assert.throws(() => parseCertificate(withLongSerial(262_144)), /larger than 256 KiB/);
  assert.throws(() => parseCertificate(withLongSerial(200_000)), /expected tag/);
});
