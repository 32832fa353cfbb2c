import type { Actor } from '../../iam/actor.ts';
import { type KeyAlgorithm, type SignatureAlgorithm, signatureAlgorithmFor } from '../../pki/index.ts';
import type { KeyUsage } from '../key-usage.ts';
import { isMlDsa } from '../signature-algorithm.ts';
import { type AcceptedRequest, incorrectCsr } from './certification-request.ts';
import { issueEncryptionCertificate, issueEntityCertificate } from './issue-entity-certificate.ts';
import { keyOwner } from './key-owner.ts';
import { type IssuingPorts, recordCertificate } from './record-certificate.ts';
import { entityContents } from './requested-contents.ts';
import { requestedSubject } from './requested-subject.ts';

/**
 * Reference 4.2.2.3; a CSR that names its usages takes precedence. Keys that can only sign, which the reference does not know, must not
 * be said to agree on keys (RFC 8410 §5, RFC 9881 §5).
 */
function defaultUsages(keyAlgorithm: string): readonly KeyUsage[] {
  return keyAlgorithm === 'ED25519' || isMlDsa(keyAlgorithm)
    ? ['digitalSignature']
    : ['digitalSignature', 'keyAgreement'];
}

/** Reference 4.2.2.3: SHA384; SM3 goes with SM2 (4.2.1.2). */
export function signatureOf(issuerKey: KeyAlgorithm): SignatureAlgorithm {
  return signatureAlgorithmFor(issuerKey, issuerKey === 'SM2' ? 'SM3' : 'SHA384');
}

/** ENTITY_CERT: a private certificate whose key its applicant keeps; for SM2 the encryption certificate's key is kept here. */
export async function issueFromRequest(
  ports: IssuingPorts,
  actor: Actor,
  { csr, issuer, validity, enterpriseProjectId }: AcceptedRequest,
): Promise<string> {
  const subject = requestedSubject(csr);
  const requested = entityContents(csr);
  if (subject.isEmpty && requested.alternativeNames.length === 0) {
    throw incorrectCsr('csr: it names neither a subject nor an alternative name.');
  }
  const keyAlgorithm = keyAlgorithmOf(csr.publicKey);
  if (keyAlgorithm === 'SM2' && issuer.keyAlgorithm !== 'SM2') {
    throw incorrectCsr('csr: an SM2 key needs an issuing CA whose key is SM2.');
  }
  const entity = {
    issuer,
    signatureAlgorithm: signatureOf(issuer.keyAlgorithm),
    subjectDer: subject.der,
    subjectIsEmpty: subject.isEmpty,
    spki: csr.spki,
    validity,
    contents: { ...requested, keyUsages: requested.keyUsages ?? defaultUsages(keyAlgorithm) },
  };
  const issued = await issueEntityCertificate(ports, entity);
  const encryption =
    keyAlgorithm === 'SM2'
      ? await issueEncryptionCertificate(
          ports,
          entity,
          await ports.keyStore.generate(keyOwner(actor.accountId), 'SM2'),
        )
      : undefined;
  return recordCertificate(ports, actor, {
    permission: 'issueCertificateByCsr',
    entity,
    issued,
    encryption,
    key: undefined,
    keyAlgorithm,
    subject: subject.columns,
    enterpriseProjectId,
  });
}

/** RSA keys of a length that is not generated here have no name of their own. */
export function keyAlgorithmOf(publicKey: { algorithm: string | undefined; bits: number }): string {
  return publicKey.algorithm ?? `RSA${publicKey.bits}`;
}
