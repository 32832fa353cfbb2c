import { type HashAlgorithm, type KeyAlgorithm, signatureAlgorithmFor } from './algorithms.ts';
import { customExtension, type Extension } from './certificate/extension.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  keyIdentifierOf,
  keyUsageExtension,
  subjectKeyIdentifierExtension,
} from './certificate/extensions/index.ts';
import { issueCertificate, type TbsCertificate } from './certificate/issue-certificate.ts';
import { type Certificate, parseCertificate } from './certificate/parse-certificate.ts';
import { generateKeyPair } from './keys/generate-key-pair.ts';
import { type Signer, signerFromPkcs8 } from './keys/signer.ts';
import { nameFromAttributes } from './names/distinguished-name.ts';

/** A certificate with its key, for tests. */
export type Holder = { certificate: Certificate; signer: Signer; privateKeyPkcs8: Uint8Array };

export const fixtureFrom = Date.UTC(2026, 0, 1);
export const fixtureUntil = Date.UTC(2036, 0, 1);

type Options = Partial<TbsCertificate> & {
  algorithm?: KeyAlgorithm;
  hash?: HashAlgorithm;
  pathLength?: number;
};

let lastSerialNumber = 1000n;

async function issue(
  name: string,
  issuer: Holder | undefined,
  own: Extension[],
  options: Options,
): Promise<Holder> {
  const { algorithm, hash, pathLength: _, ...overrides } = options;
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair(
    algorithm ?? issuer?.signer.keyAlgorithm ?? 'EC256',
  );
  const signer = signerFromPkcs8(privateKeyPkcs8);
  const issuing = issuer?.signer ?? signer;
  const subject = nameFromAttributes({ commonName: name, country: 'CN', organization: 'Example' });
  lastSerialNumber += 1n;
  const der = await issueCertificate({
    serialNumber: lastSerialNumber,
    issuer: issuer?.certificate.subjectDer ?? subject,
    subject,
    notBeforeMs: fixtureFrom,
    notAfterMs: fixtureUntil,
    subjectPublicKeySpki: publicKeySpki,
    signatureAlgorithm: signatureAlgorithmFor(issuing.keyAlgorithm, hash),
    signer: issuing,
    ...overrides,
    extensions: [
      ...own,
      subjectKeyIdentifierExtension(keyIdentifierOf(publicKeySpki)),
      authorityKeyIdentifierExtension(keyIdentifierOf(issuing.publicKeySpki)),
      ...(overrides.extensions ?? []),
    ],
  });
  return { certificate: parseCertificate(der), signer, privateKeyPkcs8 };
}

/** A CA under `issuer`, or a root without one. */
export function issueCa(name: string, issuer?: Holder, options: Options = {}): Promise<Holder> {
  const usage = keyUsageExtension(['digitalSignature', 'keyCertSign', 'cRLSign']);
  return issue(name, issuer, [basicConstraintsExtension(true, options.pathLength), usage], options);
}

/** A certificate under `issuer` that is no CA. */
export function issueLeaf(name: string, issuer: Holder, options: Options = {}): Promise<Holder> {
  const usage = keyUsageExtension(['digitalSignature']);
  return issue(name, issuer, [basicConstraintsExtension(false), usage], options);
}

/** A critical extension that nobody knows. */
export const unknownCriticalExtension = customExtension('2.25.1', Uint8Array.of(5, 0), true);
