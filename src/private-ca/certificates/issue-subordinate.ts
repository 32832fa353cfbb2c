import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import { parseName, sameName } from '../../pki/index.ts';
import { insertAuthorities } from '../authorities/authority-store.ts';
import { newAuthority } from '../authorities/new-authority.ts';
import type { CertificateAuthority } from '../ca.ts';
import { storedNames } from '../certified-names.ts';
import { insertIssuedSerials } from '../issued-serial-store.ts';
import { requirePathLength } from '../issuer.ts';
import { defaultCaKeyUsages, type KeyUsage } from '../key-usage.ts';
import { outsideAuthorityLimit } from '../limits.ts';
import { permissions } from '../permissions.ts';
import { issueUnder } from '../policy/issue-under.ts';
import { newSerialNumber } from '../serial-number.ts';
import { shownSignatureAlgorithm } from '../signature-algorithm.ts';
import { type AcceptedRequest, incorrectCsr } from './certification-request.ts';
import { authorityExtensions } from './entity-extensions.ts';
import type { IssuedCertificate } from './issue-entity-certificate.ts';
import { keyAlgorithmOf, signatureOf } from './issue-from-request.ts';
import type { IssuingPorts } from './record-certificate.ts';
import { authorityContents, type RequestedContents } from './requested-contents.ts';
import { type RequestedSubject, requestedSubject } from './requested-subject.ts';

type IssuedAuthority = IssuedCertificate & Pick<RequestedContents, 'alternativeNames'>;

interface Subordinate {
  readonly accepted: AcceptedRequest;
  readonly subject: RequestedSubject;
  readonly keyUsages: readonly KeyUsage[];
  readonly pathLength: number;
}

/**
 * INTERMEDIATE_CA: a subordinate CA that its owner runs elsewhere. It is not listed, takes no quota and cannot issue here
 * (reference 4.2.2.3). Returns its ca_id. Throws PCA.00020401, and PCA.00020203 if the issuer permits no such CA below it.
 */
export async function issueSubordinate(
  ports: IssuingPorts,
  actor: Actor,
  accepted: AcceptedRequest,
  pathLength: number,
): Promise<string> {
  const { csr, issuer } = accepted;
  requirePathLength(issuer, pathLength);
  const subject = requestedSubject(csr);
  // RFC 5280 §4.1.2.6: the subject of a CA is not empty.
  if (subject.isEmpty) throw incorrectCsr('csr: a subordinate CA must have a subject.');
  // RFC 5280 §6.1: what looks self-issued counts for no path length, so it would escape the issuer's.
  if (sameName(csr.subject, parseName(issuer.nameDer))) {
    throw incorrectCsr("csr: its subject must differ from the issuing CA's.");
  }
  const requested = authorityContents(csr);
  const subordinate = {
    accepted,
    subject,
    keyUsages: requested.keyUsages ?? defaultCaKeyUsages,
    pathLength,
  };
  const issued = await issue(ports, subordinate, requested);
  return record(ports, actor, subordinate, issued);
}

async function issue(
  ports: IssuingPorts,
  { accepted, subject, keyUsages, pathLength }: Subordinate,
  requested: ReturnType<typeof authorityContents>,
): Promise<IssuedAuthority> {
  const { csr, issuer, validity } = accepted;
  const serialNumber = newSerialNumber(ports.random, ports.clock.nowMs());
  const der = await issueUnder(issuer, 'authority kept elsewhere', {
    serialNumber,
    subject: subject.der,
    notBeforeMs: validity.notBefore,
    notAfterMs: validity.notAfter,
    subjectPublicKeySpki: csr.spki,
    extensions: authorityExtensions(
      issuer,
      { spki: csr.spki, isEmpty: false },
      { ...requested, keyUsages },
      pathLength,
    ),
    signatureAlgorithm: signatureOf(issuer.keyAlgorithm),
  });
  return { serialNumber: serialNumber.toString(), der, alternativeNames: requested.alternativeNames };
}

async function record(
  ports: IssuingPorts,
  actor: Actor,
  subordinate: Subordinate,
  issued: IssuedAuthority,
): Promise<string> {
  const { issuer } = subordinate.accepted;
  const row = rowOf(subordinate, issued, actor.accountId, ports.random.uuid(), ports.clock.nowMs());
  await ports.database.transaction(async (transaction) => {
    await ports.issuers.requireStillIssuing(transaction, issuer);
    await requireRoom(transaction, actor.accountId, outsideAuthorityLimit);
    await insertAuthorities(transaction, [row]);
    await insertIssuedSerials(transaction, [
      {
        issuer_id: issuer.ca.ca_id,
        serial_number: issued.serialNumber,
        subject_id: row.ca_id,
        kind: 'ca',
        consumer_id: null,
        subject_names: storedNames(subordinate.subject.der, issued.alternativeNames),
        not_before: row.not_before,
        not_after: row.not_after,
        revoked_at: null,
        revocation_reason: null,
      },
    ]);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.issueCertificateByCsr.action,
      resourceType: 'ca',
      resourceId: row.ca_id,
      resourceName: row.common_name,
      result: 'success',
      detail: `subordinate CA from a CSR, serial number ${issued.serialNumber}, issued by ${issuer.ca.ca_id}`,
    });
  });
  return row.ca_id;
}

function rowOf(
  { accepted, subject, keyUsages, pathLength }: Subordinate,
  issued: IssuedCertificate,
  accountId: string,
  caId: string,
  nowMs: number,
): CertificateAuthority {
  const { csr, issuer, validity } = accepted;
  return {
    ...newAuthority({
      ca_id: caId,
      account_id: accountId,
      create_time: nowMs,
      enterprise_project_id: accepted.enterpriseProjectId,
      // Pay-per-use: it belongs to no order.
      charging_mode: 1,
    }),
    ...subject.columns,
    status: 'ACTIVED',
    gen_mode: 'CSR',
    listed: 0,
    issuer_id: issuer.ca.ca_id,
    issuer_name: issuer.ca.common_name,
    key_algorithm: keyAlgorithmOf(csr.publicKey),
    signature_algorithm: shownSignatureAlgorithm(signatureOf(issuer.keyAlgorithm)),
    path_length: pathLength,
    key_usages: JSON.stringify(keyUsages),
    serial_number: issued.serialNumber,
    not_before: validity.notBefore,
    not_after: validity.notAfter,
    public_key_spki: csr.spki,
    certificate_der: issued.der,
  };
}
