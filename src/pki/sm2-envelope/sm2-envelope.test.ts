import assert from 'node:assert/strict';
import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { children, type DerValue, der, readDer, toOid, toSmallInt } from '../der/index.ts';
import { signerFromPkcs8 } from '../keys/signer.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { encodeSignedAndEnvelopedData } from './encode-signed-and-enveloped-data.ts';
import { encodeSm2EnvelopedKey, openSm2EnvelopedKey } from './enveloped-key.ts';
import { openSignedAndEnvelopedData } from './open-signed-and-enveloped-data.ts';
import { encryptSm2 } from './sm2-encryption.ts';
import { sm2KeyPairOf, sm2PointOf } from './sm2-key-pair.ts';

type Pair = { privateKeyPkcs8: Uint8Array; publicKeySpki: Uint8Array };

function generate(namedCurve: string): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    privateKeyPkcs8: new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKeySpki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  };
}

const [recipient, enveloped, authority, stranger] = [0, 1, 2, 3].map(() => generate('SM2')) as [
  Pair,
  Pair,
  Pair,
  Pair,
];
const p256 = generate('P-256');

function certificate(serialNumber: number, publicKeySpki: Uint8Array, version = true): Uint8Array {
  const name = der.sequence(
    der.set(der.sequence(der.oid(oids.commonName), der.utf8String(`issuer ${serialNumber}`))),
  );
  const tbsCertificate = der.sequence(
    ...(version ? [der.explicit(0, der.integer(2))] : []),
    der.integer(serialNumber),
    der.sequence(der.oid(oids.sm2WithSm3)),
    name,
    der.sequence(der.utcTime(0), der.utcTime(0)),
    der.sequence(),
    publicKeySpki,
  );
  return der.sequence(
    tbsCertificate,
    der.sequence(der.oid(oids.sm2WithSm3)),
    der.bitString(Uint8Array.of(0)),
  );
}

const recipientCertificateDer = certificate(1, recipient.publicKeySpki);
const signerCertificateDer = certificate(2, authority.publicKeySpki, false);
const contents = {
  recipientCertificateDer,
  privateKeyPkcs8: enveloped.privateKeyPkcs8,
  signerCertificateDer,
  signer: signerFromPkcs8(authority.privateKeyPkcs8),
  randomBytes,
};

function envelopedKey(parts: {
  algorithm?: Uint8Array;
  plaintext: Uint8Array;
  point?: Uint8Array;
}): Uint8Array {
  const key = randomBytes(16);
  const cipher = createCipheriv('sm4-ecb', key, null).setAutoPadding(false);
  return der.sequence(
    parts.algorithm ?? der.sequence(der.oid(oids.sm4Ecb), der.nullValue()),
    encryptSm2(key, sm2PointOf(recipient.publicKeySpki), randomBytes),
    der.bitString(parts.point ?? sm2PointOf(enveloped.publicKeySpki)),
    der.bitString(Buffer.concat([cipher.update(parts.plaintext), cipher.final()])),
  );
}

test('GM/T 0009: the recipient and nobody else gets the key', () => {
  const envelope = encodeSm2EnvelopedKey({ ...contents, recipientPublicKeySpki: recipient.publicKeySpki });
  assert.deepEqual(
    new Uint8Array(openSm2EnvelopedKey(envelope, recipient.privateKeyPkcs8)),
    enveloped.privateKeyPkcs8,
  );
  assert.throws(() => openSm2EnvelopedKey(envelope, stranger.privateKeyPkcs8), MalformedError);
});

test('GM/T 0009: SM4-ECB over 32 bytes, with the public key in the open', () => {
  const envelope = encodeSm2EnvelopedKey({ ...contents, recipientPublicKeySpki: recipient.publicKeySpki });
  const [algorithm, , point, encrypted] = children(readDer(envelope));
  assert.equal(toOid(children(algorithm!)[0]!), oids.sm4Ecb);
  assert.deepEqual(Buffer.from(point!.value.subarray(1)), Buffer.from(sm2PointOf(enveloped.publicKeySpki)));
  assert.equal(encrypted!.length, 1 + 32);
});

test('GM/T 0009: the forms of other writers are read', () => {
  const { scalar } = sm2KeyPairOf(enveloped.privateKeyPkcs8);
  const forms = [
    { plaintext: scalar },
    { plaintext: Buffer.concat([new Uint8Array(32), scalar]) },
    { plaintext: Buffer.concat([scalar, new Uint8Array(16).fill(16)]) },
    { plaintext: scalar, algorithm: der.sequence(der.oid(oids.sm4)) },
  ];
  for (const form of forms) {
    const opened = openSm2EnvelopedKey(envelopedKey(form), recipient.privateKeyPkcs8);
    assert.deepEqual(new Uint8Array(opened), enveloped.privateKeyPkcs8);
  }
});

test('GM/T 0009: what does not fit together is malformed', () => {
  const { scalar } = sm2KeyPairOf(enveloped.privateKeyPkcs8);
  const wrong = [
    envelopedKey({ plaintext: scalar, point: sm2PointOf(stranger.publicKeySpki) }),
    envelopedKey({ plaintext: new Uint8Array(32) }),
    envelopedKey({ plaintext: new Uint8Array(32).fill(255) }),
    envelopedKey({ plaintext: new Uint8Array(16) }),
    envelopedKey({ plaintext: Buffer.concat([new Uint8Array(32).fill(1), scalar]) }),
    envelopedKey({ plaintext: scalar, algorithm: der.sequence(der.oid(oids.aes128Cbc)) }),
    new Uint8Array(5000),
  ];
  for (const envelope of wrong) {
    assert.throws(() => openSm2EnvelopedKey(envelope, recipient.privateKeyPkcs8), MalformedError);
  }
  assert.throws(
    () => openSm2EnvelopedKey(envelopedKey({ plaintext: scalar }), p256.privateKeyPkcs8),
    UnsupportedAlgorithmError,
  );
});

test('two envelopes of one key differ', async () => {
  const spki = { ...contents, recipientPublicKeySpki: recipient.publicKeySpki };
  assert.notDeepEqual(encodeSm2EnvelopedKey(spki), encodeSm2EnvelopedKey(spki));
  assert.notDeepEqual(
    await encodeSignedAndEnvelopedData(contents),
    await encodeSignedAndEnvelopedData(contents),
  );
});

test('GM/T 0010: the recipient and nobody else gets the key, and learns who sent it to whom', async () => {
  const envelope = await encodeSignedAndEnvelopedData(contents);
  const opened = await openSignedAndEnvelopedData(envelope, recipient.privateKeyPkcs8);
  assert.deepEqual(new Uint8Array(opened.privateKeyPkcs8), enveloped.privateKeyPkcs8);
  assert.deepEqual(opened.signerCertificateDer, new Uint8Array(signerCertificateDer));
  assert.equal(toSmallInt(children(readDer(opened.recipient))[1]!), 1);
  await assert.rejects(openSignedAndEnvelopedData(envelope, stranger.privateKeyPkcs8), MalformedError);
});

test('GM/T 0010: the object identifiers are those of the standard', async () => {
  const [type, content] = children(readDer(await encodeSignedAndEnvelopedData(contents)));
  assert.equal(toOid(type!), '1.2.156.10197.6.1.4.2.4');
  const parts = children(children(content!)[0]!);
  const [version, recipients, digests, encryptedContentInfo, certificates, signers] = parts;
  assert.equal(parts.length, 6);
  assert.equal(toSmallInt(version!), 1);
  const first = (value: DerValue): string => toOid(children(value)[0]!);
  assert.equal(first(children(children(recipients!)[0]!)[2]!), '1.2.156.10197.1.301.3');
  assert.equal(first(children(digests!)[0]!), '1.2.156.10197.1.401');
  assert.equal(first(encryptedContentInfo!), '1.2.156.10197.6.1.4.2.1');
  assert.equal(first(children(encryptedContentInfo!)[1]!), '1.2.156.10197.1.104');
  assert.equal(children(encryptedContentInfo!)[2]!.length, 64);
  assert.deepEqual(Buffer.from(children(certificates!)[0]!.raw), Buffer.from(signerCertificateDer));
  assert.equal(first(children(children(signers!)[0]!)[3]!), '1.2.156.10197.1.301.1');
});

test('GM/T 0010: the bare structure is read too, as some authorities write it', async () => {
  const [, content] = children(readDer(await encodeSignedAndEnvelopedData(contents)));
  const opened = await openSignedAndEnvelopedData(children(content!)[0]!.raw, recipient.privateKeyPkcs8);
  assert.deepEqual(new Uint8Array(opened.privateKeyPkcs8), enveloped.privateKeyPkcs8);
});

test('GM/T 0010: a signature of another key is refused', async () => {
  const signer = signerFromPkcs8(stranger.privateKeyPkcs8);
  const envelope = await encodeSignedAndEnvelopedData({ ...contents, signer });
  await assert.rejects(
    openSignedAndEnvelopedData(envelope, recipient.privateKeyPkcs8),
    /signature does not hold/,
  );
});

test('GM/T 0010: keys that are not SM2 are refused', async () => {
  const signer = signerFromPkcs8(p256.privateKeyPkcs8);
  const wrong = [
    { ...contents, signer },
    { ...contents, privateKeyPkcs8: p256.privateKeyPkcs8 },
    { ...contents, recipientCertificateDer: certificate(3, p256.publicKeySpki) },
  ];
  for (const each of wrong)
    await assert.rejects(encodeSignedAndEnvelopedData(each), UnsupportedAlgorithmError);
});

test('SM4-CBC is read', async () => {
  const [type, content] = children(readDer(await encodeSignedAndEnvelopedData(contents)));
  const parts = children(children(content!)[0]!).map((part) => part.raw);
  const key = randomBytes(16);
  const iv = randomBytes(16);
  const plaintext = Buffer.concat([new Uint8Array(32), sm2KeyPairOf(enveloped.privateKeyPkcs8).scalar]);
  const cipher = createCipheriv('sm4-cbc', key, iv).setAutoPadding(false);
  const [version, issuerAndSerialNumber, algorithm] = children(children(readDer(parts[1]!))[0]!);
  const encryptedKey = encryptSm2(key, sm2PointOf(recipient.publicKeySpki), randomBytes);
  const recipientInfo = [
    version!.raw,
    issuerAndSerialNumber!.raw,
    algorithm!.raw,
    der.octetString(encryptedKey),
  ];
  const envelopeWith = (vector: Uint8Array): Uint8Array => {
    const cbc = der.sequence(der.oid(oids.sm4Cbc), der.octetString(vector));
    const info = der.sequence(der.oid(oids.smData), cbc, der.implicit(0, cipher.update(plaintext)));
    const data = [parts[0]!, der.set(der.sequence(...recipientInfo)), parts[2]!, info, parts[4]!, parts[5]!];
    return der.sequence(type!.raw, der.explicit(0, der.sequence(...data)));
  };
  const opened = await openSignedAndEnvelopedData(envelopeWith(iv), recipient.privateKeyPkcs8);
  assert.deepEqual(new Uint8Array(opened.privateKeyPkcs8), enveloped.privateKeyPkcs8);
  const shortVector = envelopeWith(iv.subarray(1));
  await assert.rejects(openSignedAndEnvelopedData(shortVector, recipient.privateKeyPkcs8), MalformedError);
});

test('arbitrary and damaged envelopes are malformed, or hold the key still', async () => {
  const gmt0009 = encodeSm2EnvelopedKey({ ...contents, recipientPublicKeySpki: recipient.publicKeySpki });
  const gmt0010 = await encodeSignedAndEnvelopedData(contents);
  const damaged = (valid: Uint8Array): fc.Arbitrary<Uint8Array> =>
    fc
      .tuple(fc.nat(valid.length - 1), fc.nat(255))
      .map(([at, byte]) => Uint8Array.from(valid, (old, index) => (index === at ? byte : old)));
  const anything = fc.uint8Array({ maxLength: 300 });
  const bytes = fc.oneof(anything, damaged(gmt0009), damaged(gmt0010));
  const property = fc.asyncProperty(bytes, async (envelope) => {
    for (const open of [openSm2EnvelopedKey, openEnvelope]) {
      try {
        const key = await open(envelope, recipient.privateKeyPkcs8);
        assert.deepEqual(new Uint8Array(key), enveloped.privateKeyPkcs8);
      } catch (error) {
        assert(error instanceof MalformedError, String(error));
      }
    }
  });
  await fc.assert(property, { numRuns: 60 });
});

async function openEnvelope(envelope: Uint8Array, recipientPrivateKeyPkcs8: Uint8Array): Promise<Uint8Array> {
  return (await openSignedAndEnvelopedData(envelope, recipientPrivateKeyPkcs8)).privateKeyPkcs8;
}
