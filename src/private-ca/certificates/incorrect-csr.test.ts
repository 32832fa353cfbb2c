import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  basicConstraintsExtension,
  buildCsr,
  customExtension,
  type DistinguishedName,
  der,
  type Extension,
  encodePem,
  extendedKeyUsageExtension,
  type GeneralName,
  keyUsageExtension,
  nameConstraintsExtension,
  nameFromAttributes,
  oids,
  parsePem,
  signatureAlgorithmFor,
  subjectAlternativeNameExtension,
  tags,
} from '../../pki/index.ts';
import { assertRefused } from '../authorities/authorities.fixture.ts';
import {
  certificateOf,
  countOf,
  createRoot,
  csrBody,
  csrOf,
  issueByCsr,
  newSigner,
  openSqliteBench,
  path,
  rsaSigner,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const good = await csrOf();
const goodDer = Buffer.from(parsePem(good)[0]!.der);
const pem = (bytes: Uint8Array) => encodePem('CERTIFICATE REQUEST', bytes);
const named = (type: string, value: string, tag?: number): DistinguishedName => [
  [tag === undefined ? { type, value } : { type, value, tag }],
];
const withNames = (...names: GeneralName[]) =>
  csrOf({ extensions: [subjectAlternativeNameExtension(names)] });
const rawNames = (...names: Uint8Array[]) =>
  csrOf({ extensions: [customExtension(oids.subjectAlternativeName, der.sequence(...names))] });

function changed(offsetFromEnd: number): string {
  const bytes = Buffer.from(goodDer);
  bytes[bytes.length - offsetFromEnd]! ^= 1;
  return pem(bytes);
}

/** A request for an RSA key that the product would never generate. */
async function weakRsa(modulusLength: number, publicExponent?: number): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const spki = publicExponent === undefined ? publicKey : withExponent(publicKey, publicExponent);
  return csrOf({ signer: rsaSigner(spki, privateKey) });
}

// 65537 is the last integer of the key that OpenSSL writes: 02 03 01 00 01.
function withExponent(spki: Uint8Array, exponent: number): Uint8Array {
  const bytes = Buffer.from(spki);
  assert.equal(bytes.subarray(-5).toString('hex'), '0203010001');
  bytes.writeUIntBE(exponent, bytes.length - 3, 3);
  if (exponent > 0xffff) return bytes;
  // Shorter integers need shorter lengths, so the key is written again.
  const modulus = bytes.subarray(bytes.length - 5 - 257, bytes.length - 5);
  const algorithm = der.sequence(der.oid(oids.rsaEncryption), der.nullValue());
  return der.sequence(algorithm, der.bitString(der.sequence(der.integer(modulus), der.integer(exponent))));
}

async function unknownCurve(): Promise<string> {
  const { publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'secp256k1',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const signer = await newSigner('EC256');
  return csrOf({ signer: { ...signer, publicKeySpki: publicKey } });
}

/** Two requests of a kind that only a broken or hostile client makes. */
async function withTwoExtensionRequests(extensions: readonly Extension[]): Promise<string> {
  const signer = await newSigner('EC256');
  const encoded = extensions.map(({ oid, value }) => der.sequence(der.oid(oid), der.octetString(value)));
  const attribute = der.sequence(der.oid(oids.extensionRequest), der.set(der.sequence(...encoded)));
  const information = der.sequence(
    der.integer(0),
    der.sequence(),
    signer.publicKeySpki,
    der.implicit(0, attribute, true),
  );
  const algorithm = signatureAlgorithmFor('EC256');
  const signature = await signer.sign(information, algorithm);
  return pem(der.sequence(information, algorithm.identifier, der.bitString(signature)));
}

async function signedByAnother(): Promise<string> {
  const [own, other] = [await newSigner('EC256'), await newSigner('EC256')];
  return csrOf({ signer: { ...other, publicKeySpki: own.publicKeySpki } });
}

async function signedWithSha1(): Promise<string> {
  const bytes = Buffer.from(goodDer);
  const sha256 = Buffer.from(der.oid(oids.ecdsaWithSha256));
  const at = bytes.lastIndexOf(sha256);
  // ecdsa-with-SHA1 is 1.2.840.10045.4.1, ecdsa-with-SHA224 1.2.840.10045.4.3.1 and as long as SHA256's.
  bytes[at + sha256.length - 1] = 1;
  return pem(bytes);
}

const ia5Name = (tag: number, text: string) => der.tagged(tag, Buffer.from(text, 'latin1'));
const usage = keyUsageExtension(['digitalSignature']);
const manyNames = (count: number): GeneralName[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'DNS', value: `h${index}.example` }));

const incorrect: Record<string, () => Promise<string> | string> = {
  'an empty text': () => '',
  'no PEM': () => 'hello',
  'another kind of PEM': () => good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'),
  'a PEM without its end': () => good.slice(0, -20),
  'a PEM that is not Base64': () => good.replace(/\n./, '\n*'),
  'two requests': () => good + good,
  'a truncated request': () => pem(goodDer.subarray(0, -10)),
  'bytes after the request': () => pem(Buffer.concat([goodDer, Buffer.of(0)])),
  'a signature that was changed': () => changed(1),
  'contents that were changed': () => changed(goodDer.length - goodDer.indexOf('device')),
  "another key's signature": () => signedByAnother(),
  'a signature algorithm that is not supported': () => signedWithSha1(),
  'RSA of 1024 bits': () => weakRsa(1024),
  'RSA with exponent 1': () => weakRsa(2048, 1),
  'RSA with an even exponent': () => weakRsa(2048, 65_536),
  'an unknown curve': () => unknownCurve(),
  'a NUL in the name': () => csrOf({ subject: named(oids.commonName, 'good.example\u0000.evil') }),
  'a control character in the name': () => csrOf({ subject: named(oids.commonName, 'a\u001bb') }),
  'an empty attribute': () => csrOf({ subject: named(oids.commonName, '') }),
  'a common name of 65 characters': () => csrOf({ subject: named(oids.commonName, 'c'.repeat(65)) }),
  'a state of 129 characters': () => csrOf({ subject: named(oids.state, 's'.repeat(129)) }),
  'a locality of 129 characters': () => csrOf({ subject: named(oids.locality, 's'.repeat(129)) }),
  'an organization of 65 characters': () => csrOf({ subject: named(oids.organization, 'o'.repeat(65)) }),
  'a unit of 65 characters': () => csrOf({ subject: named(oids.organizationalUnit, 'o'.repeat(65)) }),
  'a country of three letters': () => csrOf({ subject: named(oids.country, 'CHN') }),
  'a country of one letter': () => csrOf({ subject: named(oids.country, 'C') }),
  'a country that is not ASCII': () => csrOf({ subject: named(oids.country, '中国', tags.utf8String) }),
  'another attribute of 256 characters': () => csrOf({ subject: named(oids.userId, 'u'.repeat(256)) }),
  'neither subject nor names': () => csrOf({ subject: [] }),
  'more than 20 names': () => withNames(...manyNames(21)),
  'a DNS name that is none': () => rawNames(ia5Name(0x82, 'a b')),
  'a NUL in a DNS name': () => rawNames(ia5Name(0x82, 'good.example\u0000.evil')),
  'a DNS name of 254 characters': () => rawNames(ia5Name(0x82, `${'a.'.repeat(126)}aa`)),
  'an address of 5 octets': () => rawNames(der.tagged(0x87, new Uint8Array(5))),
  'a network as an address': () => rawNames(der.tagged(0x87, new Uint8Array(8))),
  'an e-mail address that is none': () => rawNames(ia5Name(0x81, 'nobody')),
  'a URI that is none': () => rawNames(ia5Name(0x86, 'relative/path')),
  'a directory name': () => withNames({ type: 'DIRECTORY', name: nameFromAttributes({ commonName: 'a' }) }),
  'a registered id': () => withNames({ type: 'REGISTERED_ID', oid: '1.2.3' }),
  'no name in the extension': () => rawNames(),
  'a usage only for CAs': () => csrOf({ extensions: [keyUsageExtension(['keyCertSign'])] }),
  'encipherOnly without keyAgreement': () => csrOf({ extensions: [keyUsageExtension(['encipherOnly'])] }),
  'the purpose of an OCSP responder': () =>
    csrOf({ extensions: [extendedKeyUsageExtension([oids.ocspSigning])] }),
  'every purpose': () => csrOf({ extensions: [extendedKeyUsageExtension([oids.anyExtendedKeyUsage])] }),
  'an extension twice': () => withTwoExtensionRequests([usage, usage]),
  'a malformed extension': () => csrOf({ extensions: [customExtension(oids.keyUsage, Buffer.of(1, 2, 3))] }),
};

for (const [what, make] of Object.entries(incorrect)) {
  test(`an incorrect CSR is refused and nothing changes: ${what}`, async () => {
    const before = await countOf(account);
    const audits = (await account.audits()).length;
    const answer = await account.send('POST', `${path}/csr`, csrBody(root, await make()));
    assertRefused(answer, 400, 'PCA.00020401', /csr/);
    assert.equal(await countOf(account), before);
    assert.equal((await account.audits()).length, audits);
  });
}

test('extensions that the issuer decides are never copied', async () => {
  const hostile = [
    basicConstraintsExtension(true, 5),
    nameConstraintsExtension({ permitted: [{ type: 'DNS', value: 'example' }], excluded: [] }),
    customExtension('2.5.29.32', der.sequence(der.sequence(der.oid('2.5.29.32.0')))),
    customExtension('1.3.6.1.5.5.7.1.1', authorityInfoAccess(), false),
    customExtension('2.5.29.14', der.octetString(Buffer.from('not the key'))),
    customExtension('1.3.6.1.5.5.7.48.1.5', der.nullValue()),
    customExtension('1.2.3.4', der.nullValue(), true),
  ];
  const certificate = await certificateOf(
    account,
    await issueByCsr(account, root, await csrOf({ extensions: hostile })),
  );
  assert.deepEqual(
    certificate.extensions.map(({ oid }) => oid),
    [oids.authorityKeyIdentifier, oids.subjectKeyIdentifier, oids.basicConstraints, oids.keyUsage],
  );
  assert.equal(certificate.known.basicConstraints?.ca, false);
  assert.equal(certificate.known.subjectKeyIdentifier?.length, 20);
});

function authorityInfoAccess(): Uint8Array {
  return der.sequence(der.sequence(der.oid(oids.ocspAccess), ia5Name(0x86, 'http://evil.example')));
}

test('the subject is kept octet by octet, but for string types that a CA must not write', async () => {
  const modern: DistinguishedName = [
    [{ type: oids.country, value: 'DE', tag: tags.printableString }],
    [
      { type: oids.commonName, value: 'Gerät', tag: tags.utf8String },
      { type: oids.serialNumber, value: '42', tag: tags.printableString },
    ],
  ];
  const signer = await newSigner('EC256');
  const request = await buildCsr({
    subject: modern,
    signer,
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
  });
  const kept = await certificateOf(account, await issueByCsr(account, root, pem(request)));
  assert.ok(Buffer.from(request).includes(Buffer.from(kept.subjectDer)));
  const older: DistinguishedName = [
    [{ type: oids.country, value: 'DE', tag: tags.utf8String }],
    [{ type: oids.organization, value: 'Größe', tag: tags.bmpString }],
    [{ type: oids.commonName, value: '*.example.com', tag: tags.printableString }],
  ];
  const written = await certificateOf(
    account,
    await issueByCsr(account, root, await csrOf({ subject: older })),
  );
  assert.deepEqual(
    written.subject.flat().map(({ value, tag }) => [value, tag]),
    [
      ['DE', tags.printableString],
      ['Größe', tags.utf8String],
      ['*.example.com', tags.utf8String],
    ],
  );
});
