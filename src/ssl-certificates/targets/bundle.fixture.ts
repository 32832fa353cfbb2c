import { createHash } from 'node:crypto';
import {
  encodePem,
  generateKeyPair,
  issueCertificate,
  type KeyAlgorithm,
  nameFromAttributes,
  newSerialNumber,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import { systemRandom } from '../../platform/random.ts';
import type { CertificateBundle } from './target.ts';

export interface TestCertificate {
  readonly certificateDer: Uint8Array;
  readonly privateKeyPkcs8: Uint8Array;
}

/** A certificate that nobody should trust, valid in every year of the tests. */
export async function testCertificate(
  names: readonly string[],
  algorithm: KeyAlgorithm = 'EC256',
): Promise<TestCertificate> {
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair(algorithm);
  const name = nameFromAttributes({ commonName: names[0] ?? 'nobody' });
  const certificateDer = await issueCertificate({
    serialNumber: newSerialNumber(systemRandom.bytes),
    issuer: name,
    subject: name,
    notBeforeMs: Date.UTC(2020, 0, 1),
    notAfterMs: Date.UTC(2049, 0, 1),
    subjectPublicKeySpki: publicKeySpki,
    extensions: [subjectAlternativeNameExtension(names.map((value) => ({ type: 'DNS', value })))],
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    signer: signerFromPkcs8(privateKeyPkcs8),
  });
  return { certificateDer, privateKeyPkcs8 };
}

/** What a target is given of a new certificate. */
export async function testBundle(
  certificateId = 'scs0000000000001',
  names: readonly string[] = ['www.example.test'],
): Promise<CertificateBundle> {
  const { certificateDer, privateKeyPkcs8 } = await testCertificate(names);
  const chain = await testCertificate(['ca.example.test']);
  return {
    certificateId,
    accountId: 'a'.repeat(32),
    name: 'test',
    domain: names[0]!,
    certificatePem: encodePem('CERTIFICATE', certificateDer),
    chainPem: encodePem('CERTIFICATE', chain.certificateDer),
    privateKeyPem: encodePem('PRIVATE KEY', privateKeyPkcs8),
    fingerprintSha256: createHash('sha256').update(certificateDer).digest('hex'),
  };
}
