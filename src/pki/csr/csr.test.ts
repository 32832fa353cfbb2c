import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { signatureAlgorithmFor } from '../algorithms.ts';
import { customExtension, type Extension, encodeExtensions } from '../certificate/extension.ts';
import {
  basicConstraintsExtension,
  keyUsageExtension,
  subjectAlternativeNameExtension,
} from '../certificate/extensions/index.ts';
import { signStructure } from '../certificate/issue-certificate.ts';
import { children, der, readDer } from '../der/index.ts';
import { generateKeyPair } from '../keys/generate-key-pair.ts';
import { signerFromPkcs8 } from '../keys/signer.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { attributesOfName, encodeName, nameFromAttributes } from '../names/distinguished-name.ts';
import { oids } from '../oids.ts';
import { buildCsr } from './build-csr.ts';
import { parseCsr } from './parse-csr.ts';

const signer = signerFromPkcs8((await generateKeyPair('EC256')).privateKeyPkcs8);
const signatureAlgorithm = signatureAlgorithmFor('EC256');
const subject = nameFromAttributes({ commonName: 'example.com', country: 'CN' });
const names = subjectAlternativeNameExtension([{ type: 'DNS', value: 'example.com' }]);

/** A request with these attributes, correctly signed. */
function withAttributes(...attributes: Uint8Array[]): Promise<Uint8Array> {
  const parts = [
    der.integer(0),
    encodeName(subject),
    signer.publicKeySpki,
    der.implicit(0, der.raw(...attributes), true),
  ];
  return signStructure(der.sequence(...parts), signer, signatureAlgorithm);
}

const attribute = (type: string, ...values: Uint8Array[]) => der.sequence(der.oid(type), der.set(...values));
const requesting = (...extensions: Extension[]) =>
  attribute(oids.extensionRequest, encodeExtensions(extensions));

test('a request reads back as it was built', async () => {
  const extensions = [
    names,
    basicConstraintsExtension(true, 1),
    keyUsageExtension(['keyCertSign', 'cRLSign']),
  ];
  const request = parseCsr(await buildCsr({ subject, signer, signatureAlgorithm, extensions }));
  assert.equal(request.subjectName, 'C=CN,CN=example.com');
  assert.equal(attributesOfName(request.subject).commonName, 'example.com');
  assert.equal(request.publicKey.algorithm, 'EC256');
  assert.equal(request.signatureAlgorithm?.name, 'SHA256withECDSA');
  assert.deepEqual(request.known.basicConstraints, { ca: true, pathLength: 1 });
  assert.deepEqual(request.known.subjectAlternativeNames, [{ type: 'DNS', value: 'example.com' }]);
  assert.deepEqual(request.known.keyUsage, ['keyCertSign', 'cRLSign']);
  assert.equal(request.extensions.length, 3);
  assert.equal(await request.verify(), true);
});

test('a request without extensions has an empty set of attributes', async () => {
  const bytes = await buildCsr({ subject, signer, signatureAlgorithm });
  assert.deepEqual(Buffer.from(children(children(readDer(bytes))[0]!)[3]!.raw), Buffer.from([0xa0, 0]));
  assert.deepEqual(parseCsr(bytes).attributes, []);
});

test("extensions come by Microsoft's attribute too, and other attributes are kept", async () => {
  const request = parseCsr(
    await withAttributes(
      attribute(oids.challengePassword, der.utf8String('secret')),
      attribute(oids.microsoftExtensionRequest, encodeExtensions([names])),
    ),
  );
  assert.equal(request.extensions.length, 1);
  assert.deepEqual(
    request.attributes.map(({ type }) => type),
    [oids.challengePassword, oids.microsoftExtensionRequest],
  );
});

test('a changed request no longer proves possession', async () => {
  const bytes = Buffer.from(await buildCsr({ subject, signer, signatureAlgorithm }));
  bytes[bytes.indexOf('example.com')]! ^= 1;
  assert.equal(await parseCsr(bytes).verify(), false);
});

test('repeated, contradictory and malformed attributes are refused', async () => {
  const extension = der.sequence(der.oid('2.25.1'), der.octetString(der.nullValue()));
  const wrong = [
    [requesting(names), requesting(names)],
    [requesting(names), attribute(oids.microsoftExtensionRequest, encodeExtensions([names]))],
    [attribute(oids.extensionRequest, encodeExtensions([names]), encodeExtensions([names]))],
    [attribute(oids.extensionRequest, der.sequence(extension, extension))],
    [attribute(oids.extensionRequest)],
    [attribute(oids.extensionRequest, der.nullValue())],
    [requesting(customExtension(oids.keyUsage, der.nullValue()))],
    [der.nullValue()],
  ];
  for (const attributes of wrong) {
    const bytes = await withAttributes(...attributes);
    assert.throws(() => parseCsr(bytes), MalformedError);
  }
});

test('truncated, lengthened, wrongly versioned and NUL-named requests are refused', async () => {
  const bytes = await buildCsr({ subject, signer, signatureAlgorithm, extensions: [names] });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => parseCsr(bytes.subarray(0, length)), MalformedError);
  }
  assert.throws(() => parseCsr(Buffer.concat([bytes, Buffer.alloc(1)])), MalformedError);
  const information = (version: number, name: Uint8Array) =>
    signStructure(
      der.sequence(der.integer(version), name, signer.publicKeySpki, der.implicit(0, der.raw(), true)),
      signer,
      signatureAlgorithm,
    );
  const version1 = await information(1, encodeName(subject));
  assert.throws(() => parseCsr(version1), MalformedError);
  const withNul = await information(
    0,
    encodeName([[{ type: oids.commonName, value: 'example.com\0.evil' }]]),
  );
  assert.throws(() => parseCsr(withNul), MalformedError);
});

test('a signature algorithm that is not supported is told apart from a bad signature', async () => {
  const [information, , signature] = children(readDer(await withAttributes()));
  const sha1 = der.sequence(der.oid('1.2.840.10045.4.1'));
  const request = parseCsr(der.sequence(information!.raw, sha1, signature!.raw));
  assert.equal(request.signatureAlgorithm, undefined);
  assert.equal(request.signatureAlgorithmOid, '1.2.840.10045.4.1');
  await assert.rejects(request.verify(), UnsupportedAlgorithmError);
});

test('a damaged request is read or refused by MalformedError', async () => {
  const bytes = await buildCsr({ subject, signer, signatureAlgorithm, extensions: [names] });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      try {
        parseCsr(damaged);
      } catch (error) {
        assert.ok(error instanceof MalformedError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
