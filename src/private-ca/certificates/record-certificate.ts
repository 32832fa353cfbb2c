import type { Actor } from '../../iam/actor.ts';
import type { UnsavedKey } from '../../kms/key-store.ts';
import { timeOrderedId } from '../../platform/time-ordered-id.ts';
import { storedNames } from '../certified-names.ts';
import type { DistinguishedNameColumns } from '../distinguished-name.ts';
import { insertIssuedSerials } from '../issued-serial-store.ts';
import type { Issuers } from '../issuer.ts';
import { type PermissionName, permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { shownSignatureAlgorithm } from '../signature-algorithm.ts';
import type { IssuedSerialTable } from '../tables.ts';
import type { PrivateCertificate } from './certificate.ts';
import { insertCertificate } from './certificate-store.ts';
import type {
  EncryptionCertificate,
  EntityCertificate,
  IssuedCertificate,
} from './issue-entity-certificate.ts';

export type IssuingPorts = PrivateCaPorts & { readonly issuers: Issuers };

/** A signed certificate that is not recorded yet. */
export interface UnrecordedCertificate {
  readonly permission: PermissionName;
  readonly entity: EntityCertificate;
  readonly issued: IssuedCertificate;
  readonly encryption: EncryptionCertificate | undefined;
  /** Undefined where the applicant keeps the key. */
  readonly key: UnsavedKey | undefined;
  readonly keyAlgorithm: string;
  readonly subject: DistinguishedNameColumns;
  readonly enterpriseProjectId: string;
}

/**
 * Makes the certificate exist: row, keys, serial numbers, quota and audit in one transaction. Throws PCA.00030001, and what a
 * CA that may not issue any more throws.
 */
export async function recordCertificate(
  ports: IssuingPorts,
  actor: Actor,
  unrecorded: UnrecordedCertificate,
): Promise<string> {
  const { issuer } = unrecorded.entity;
  const nowMs = ports.clock.nowMs();
  const row = rowOf(unrecorded, actor.accountId, timeOrderedId(ports.random, nowMs), nowMs);
  await ports.database.transaction(async (transaction) => {
    await ports.issuers.requireStillIssuing(transaction, issuer);
    await ports.quotas.take(transaction, actor.accountId, 'CERTIFICATE');
    for (const key of [unrecorded.key, unrecorded.encryption?.key]) {
      if (key !== undefined) await ports.keyStore.save(transaction, key);
    }
    await insertCertificate(transaction, row);
    await insertIssuedSerials(transaction, serialsOf(row, unrecorded.entity));
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions[unrecorded.permission].action,
      resourceType: 'certificate',
      resourceId: row.certificate_id,
      resourceName: row.common_name,
      result: 'success',
      detail: `serial number ${row.serial_number}, issued by ${issuer.ca.ca_id}`,
    });
    if (issuer.ca.account_id !== actor.accountId) {
      const { identity } = ports;
      await identity.recordAudit(transaction, identity.systemActor(issuer.ca.account_id, 'sharing'), {
        action: permissions[unrecorded.permission].action,
        resourceType: 'ca',
        resourceId: issuer.ca.ca_id,
        resourceName: issuer.ca.common_name,
        result: 'success',
        detail: `serial number ${row.serial_number}, issued for account ${actor.accountId}`,
      });
    }
  });
  return row.certificate_id;
}

function rowOf(
  { entity, issued, encryption, key, ...unrecorded }: UnrecordedCertificate,
  accountId: string,
  certificateId: string,
  nowMs: number,
): PrivateCertificate {
  return {
    certificate_id: certificateId,
    account_id: accountId,
    issuer_id: entity.issuer.ca.ca_id,
    issuer_name: entity.issuer.ca.common_name,
    gen_mode: key === undefined ? 'CSR' : 'GENERATE',
    key_algorithm: unrecorded.keyAlgorithm,
    signature_algorithm: shownSignatureAlgorithm(entity.signatureAlgorithm),
    ...unrecorded.subject,
    freeze_flag: 0,
    serial_number: issued.serialNumber,
    not_before: entity.validity.notBefore,
    not_after: entity.validity.notAfter,
    create_time: nowMs,
    enterprise_project_id: unrecorded.enterpriseProjectId,
    key_id: key?.keyId ?? null,
    certificate_der: issued.der,
    enc_serial_number: encryption?.serialNumber ?? null,
    enc_key_id: encryption?.key.keyId ?? null,
    enc_certificate_der: encryption?.der ?? null,
    revoked_at: null,
    revocation_reason: null,
  };
}

function serialsOf(
  row: PrivateCertificate,
  { contents, issuer, subjectDer }: EntityCertificate,
): IssuedSerialTable[] {
  const common = {
    issuer_id: row.issuer_id,
    subject_id: row.certificate_id,
    consumer_id: row.account_id === issuer.ca.account_id ? null : row.account_id,
    subject_names: storedNames(subjectDer, contents.alternativeNames),
    not_before: row.not_before,
    not_after: row.not_after,
    revoked_at: null,
    revocation_reason: null,
  };
  const serials: IssuedSerialTable[] = [{ ...common, serial_number: row.serial_number, kind: 'entity' }];
  if (row.enc_serial_number !== null) {
    serials.push({ ...common, serial_number: row.enc_serial_number, kind: 'encryption' });
  }
  return serials;
}
