import {
  type AlternativeName,
  encodePem,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  newSerialNumber,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../src/pki/index.ts';
import type { ServerCredentials } from '../../src/platform/http/index.ts';
import { systemRandom } from '../../src/platform/random.ts';

/** A certificate that nobody should trust, valid in every year of the tests. */
export async function selfSignedCredentials(
  commonName: string,
  alternativeNames: readonly AlternativeName[] = [],
  algorithm: 'EC256' | 'RSA2048' = 'EC256',
): Promise<ServerCredentials> {
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair(algorithm);
  const notAfterMs = Date.UTC(2049, 0, 1);
  const certificate = await issueCertificate({
    serialNumber: newSerialNumber(systemRandom.bytes),
    issuer: nameFromAttributes({ commonName }),
    subject: nameFromAttributes({ commonName }),
    notBeforeMs: Date.UTC(2020, 0, 1),
    notAfterMs,
    subjectPublicKeySpki: publicKeySpki,
    extensions: alternativeNames.length > 0 ? [subjectAlternativeNameExtension(alternativeNames)] : [],
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    signer: signerFromPkcs8(privateKeyPkcs8),
  });
  return {
    certificatePem: encodePem('CERTIFICATE', certificate),
    keyPem: encodePem('PRIVATE KEY', privateKeyPkcs8),
    notAfterMs,
  };
}
