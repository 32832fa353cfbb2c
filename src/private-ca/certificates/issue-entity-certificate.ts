import type { UnsavedKey } from '../../kms/key-store.ts';
import type { SignatureAlgorithm } from '../../pki/index.ts';
import type { Issuer } from '../issuer.ts';
import { issueUnder } from '../policy/issue-under.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { newSerialNumber } from '../serial-number.ts';
import type { Validity } from '../validity.ts';
import { encryptionCertificateUsages } from './end-entity-usage.ts';
import { type CertificateContents, entityExtensions } from './entity-extensions.ts';

/** All that an issuer puts its signature to, but for the serial number. */
export interface EntityCertificate {
  readonly issuer: Issuer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly subjectDer: Uint8Array;
  readonly subjectIsEmpty: boolean;
  readonly spki: Uint8Array;
  readonly validity: Validity;
  readonly contents: CertificateContents;
}

export interface IssuedCertificate {
  /** Decimal text. */
  readonly serialNumber: string;
  readonly der: Uint8Array;
}

/** The encryption certificate of an SM2 pair, and its key, which is always generated here. */
export interface EncryptionCertificate extends IssuedCertificate {
  readonly key: UnsavedKey;
}

/** Signs a certificate that is not of a CA. Nothing is recorded yet, so it must not leave the process. */
export async function issueEntityCertificate(
  ports: Pick<PrivateCaPorts, 'clock' | 'random'>,
  entity: EntityCertificate,
): Promise<IssuedCertificate> {
  const { issuer, spki } = entity;
  const serialNumber = newSerialNumber(ports.random, ports.clock.nowMs());
  const der = await issueUnder(issuer, 'entity', {
    serialNumber,
    subject: entity.subjectDer,
    notBeforeMs: entity.validity.notBefore,
    notAfterMs: entity.validity.notAfter,
    subjectPublicKeySpki: spki,
    extensions: entityExtensions(issuer, { spki, isEmpty: entity.subjectIsEmpty }, entity.contents),
    signatureAlgorithm: entity.signatureAlgorithm,
  });
  return { serialNumber: serialNumber.toString(), der };
}

/**
 * The second certificate of an SM2 pair (GM/T 0015): the same subject with a key that only enciphers. Its key is generated
 * here, also for a CSR, so that what was encrypted to it can be recovered.
 */
export async function issueEncryptionCertificate(
  ports: Pick<PrivateCaPorts, 'clock' | 'random'>,
  signature: EntityCertificate,
  key: UnsavedKey,
): Promise<EncryptionCertificate> {
  const contents = { ...signature.contents, keyUsages: encryptionCertificateUsages };
  const issued = await issueEntityCertificate(ports, { ...signature, spki: key.publicKeySpki, contents });
  return { ...issued, key };
}
