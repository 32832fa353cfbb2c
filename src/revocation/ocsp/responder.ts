import type { UnsavedKey } from '../../kms/index.ts';
import {
  authorityKeyIdentifierExtension,
  customExtension,
  der,
  extendedKeyUsageExtension,
  issueCertificate,
  type KeyAlgorithm,
  keyIdentifierOf,
  keyUsageExtension,
  nameFromAttributes,
  oids,
  signatureAlgorithmFor,
  subjectKeyIdentifierExtension,
} from '../../pki/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { SpeakingAuthority } from '../../private-ca/index.ts';
import type { RevocationPorts } from '../ports.ts';
import type { OcspResponder } from './responder-store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** RFC 6960 §4.2.2.2.1: who has id-pkix-ocsp-nocheck is trusted as long as its certificate lasts, so it lasts shortly. */
const lifetimeMs = 30 * dayMs;
const renewedBeforeMs = 10 * dayMs;
/** For relying parties whose clocks are behind. */
const backdatedMs = hourMs;

/** A responder that exists once `saveResponder` has committed. */
export interface UnsavedResponder {
  readonly responder: OcspResponder;
  readonly key: UnsavedKey;
}

/** When a responder is to be replaced; undefined if its certificate lasts as long as the CA's. */
export function renewalDueMs(responder: OcspResponder, caNotAfterMs: number): number | undefined {
  return responder.not_after >= caNotAfterMs ? undefined : responder.not_after - renewedBeforeMs;
}

// Signs as relying parties of the CA can verify, but no slower than needed.
function responderKeyAlgorithm(ca: KeyAlgorithm): KeyAlgorithm {
  return ca === 'RSA3072' || ca === 'RSA4096' ? 'RSA2048' : ca;
}

/** A key and a certificate by which it answers for the CA (RFC 6960 §4.2.2.2), signed by the CA's own key. */
export async function prepareResponder(
  { clock, keyStore, records }: Pick<RevocationPorts, 'clock' | 'keyStore' | 'records'>,
  { row, certificate }: SpeakingAuthority,
): Promise<UnsavedResponder> {
  const nowMs = clock.nowMs();
  const signer = await records.signer(row);
  const owner = { accountId: row.account_id, purpose: 'pca' } as const;
  const key = await keyStore.generate(owner, responderKeyAlgorithm(signer.keyAlgorithm));
  const notAfterMs = Math.min(nowMs + lifetimeMs, certificate.notAfterMs);
  const serialNumber = records.newSerialNumber();
  const certificateDer = await issueCertificate({
    serialNumber,
    issuer: certificate.subjectDer,
    subject: nameFromAttributes({ commonName: `OCSP responder ${row.ca_id}` }),
    notBeforeMs: Math.max(nowMs - backdatedMs, certificate.notBeforeMs),
    notAfterMs,
    subjectPublicKeySpki: key.publicKeySpki,
    extensions: [
      authorityKeyIdentifierExtension(
        certificate.known.subjectKeyIdentifier ?? keyIdentifierOf(certificate.spki),
      ),
      subjectKeyIdentifierExtension(keyIdentifierOf(key.publicKeySpki)),
      keyUsageExtension(['digitalSignature']),
      extendedKeyUsageExtension([oids.ocspSigning]),
      customExtension(oids.ocspNoCheck, der.nullValue()),
    ],
    signatureAlgorithm: signatureAlgorithmFor(signer.keyAlgorithm),
    signer,
  });
  const responder = {
    ca_id: row.ca_id,
    account_id: row.account_id,
    key_id: key.keyId,
    serial_number: serialNumber.toString(),
    certificate_der: certificateDer,
    not_after: notAfterMs,
  };
  return { responder, key };
}

/** Stores what belongs to a responder beside its row. */
export async function saveResponder(
  { keyStore, records }: Pick<RevocationPorts, 'keyStore' | 'records'>,
  transaction: Transaction,
  { responder, key }: UnsavedResponder,
): Promise<void> {
  await keyStore.save(transaction, key);
  await records.recordSerial(transaction, {
    issuer_id: responder.ca_id,
    serial_number: responder.serial_number,
    subject_id: responder.ca_id,
    not_after: responder.not_after,
  });
}

/** Destroys the key of a responder that answers no more. */
export function destroyResponderKey(
  { keyStore }: Pick<RevocationPorts, 'keyStore'>,
  transaction: Transaction,
  { account_id: accountId, key_id }: OcspResponder,
): Promise<void> {
  return keyStore.destroy(transaction, { accountId, purpose: 'pca' }, key_id);
}
