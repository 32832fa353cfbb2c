import type { Actor } from '../../iam/actor.ts';
import { authorizeOnAuthority, loadAuthority } from '../authorities/load-authority.ts';
import { requireAllowed } from '../ca.ts';
import { type CertificateStatus, certificateStatus } from '../certificates/certificate.ts';
import { findIssuedBy, markRevoked } from '../certificates/certificate-store.ts';
import { pcaError } from '../errors.ts';
import { findIssuedPair, listIssuedSerials, revokeForGood } from '../issued-serial-store.ts';
import { permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { RevocationReason } from '../request-fields.ts';
import type { IssuedSerialTable } from '../tables.ts';

/** The owner's view of a certificate that its CA issued, whoever holds it: nothing of its key, project and tags. */
export interface IssuedCertificateView {
  readonly serialNumber: string;
  readonly kind: IssuedSerialTable['kind'];
  /** The account that it was issued for. */
  readonly accountId: string;
  /** The id of a certificate or CA of the owner's own. */
  readonly ownId: string | undefined;
  /** `<type>:<name>`. */
  readonly subjectNames: readonly string[];
  /** Undefined for what was deleted before this was recorded. */
  readonly notBefore: number | undefined;
  readonly notAfter: number;
  readonly status: CertificateStatus;
  readonly revocation: { readonly atMs: number; readonly reason: string } | undefined;
}

export interface IssuedPage {
  readonly certificates: readonly IssuedCertificateView[];
  /** The marker of the next page, if there is one. */
  readonly nextMarker: string | undefined;
}

/** A page of all that the CA issued, newest first, also of what its holder deleted. Throws AccessDenied, PCA.00030102. */
export async function listIssuedCertificates(
  ports: Pick<PrivateCaPorts, 'clock' | 'database' | 'identity'>,
  actor: Actor,
  caId: string,
  query: {
    readonly accountId?: string | undefined;
    readonly marker?: string | undefined;
    readonly limit: number;
  },
): Promise<IssuedPage> {
  const { clock, database } = ports;
  const ca = await loadAuthority(ports, actor, 'listIssuedCertificates', caId);
  const rows = await listIssuedSerials(database, ca.ca_id, {
    consumerId: query.accountId === ca.account_id ? null : query.accountId,
    before: query.marker,
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const ids = [...new Set(page.map(({ subject_id }) => subject_id))];
  const found = await findIssuedBy(database, ca.ca_id, ids);
  const known = new Map(found.map((certificate) => [certificate.certificate_id, certificate]));
  const certificates = page.map((row): IssuedCertificateView => {
    const certificate = known.get(row.subject_id);
    const accountId = row.consumer_id ?? certificate?.account_id ?? ca.account_id;
    const commonName = certificate?.common_name ? [`CN:${certificate.common_name}`] : [];
    return {
      serialNumber: row.serial_number,
      kind: row.kind,
      accountId,
      ownId: accountId === ca.account_id ? row.subject_id : undefined,
      subjectNames: row.subject_names === null ? commonName : (JSON.parse(row.subject_names) as string[]),
      notBefore: row.not_before ?? certificate?.not_before,
      notAfter: row.not_after,
      status: certificateStatus(row, clock.nowMs()),
      revocation:
        row.revoked_at === null ? undefined : { atMs: row.revoked_at, reason: row.revocation_reason ?? '' },
    };
  });
  return {
    certificates,
    nextMarker: rows.length > page.length ? page.at(-1)?.serial_number : undefined,
  };
}

/**
 * Revokes what the CA issued, whoever holds it, for good: a hold could be lifted by the holder. Both of an SM2 pair are revoked.
 * Needs the permission to revoke as well. Throws AccessDenied, PCA.00020001, PCA.00030102 and PCA.00030201.
 */
export async function revokeIssuedCertificate(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  serialNumber: string,
  reason: RevocationReason,
): Promise<void> {
  const { clock, database } = ports;
  const ca = await loadAuthority(ports, actor, 'revokeIssuedCertificate', caId);
  await authorizeOnAuthority(ports, actor, 'revokeCertificate', ca);
  requireAllowed('revokeIssued', ca, clock.nowMs());
  if (reason === 'CERTIFICATE_HOLD') {
    throw pcaError(
      'PCA.00020001',
      'reason: the owner of a CA revokes for good, CERTIFICATE_HOLD is for holders.',
    );
  }
  const issued = requireRevocable(await findIssuedPair(database, ca.ca_id, serialNumber));
  const [{ subject_id: subjectId, revoked_at: since, consumer_id: consumerId }] = issued;
  const serialNumbers = issued.map(({ serial_number }) => serial_number);
  const revocation = { revoked_at: since ?? clock.nowMs(), revocation_reason: reason };
  const [certificate] = await findIssuedBy(database, ca.ca_id, [subjectId]);
  await database.transaction(async (transaction) => {
    const isMarked = certificate === undefined || (await markRevoked(transaction, certificate, revocation));
    if (!isMarked || !(await revokeForGood(transaction, ca.ca_id, serialNumbers, revocation))) {
      throw pcaError('PCA.00030201', 'The certificate was deleted or revoked meanwhile; send it again.');
    }
    await ports.revocation?.statusChanged(transaction, { issuerId: ca.ca_id, serialNumbers });
    const { action } = permissions.revokeIssuedCertificate;
    await ports.identity.recordAudit(transaction, actor, {
      action,
      resourceType: 'ca',
      resourceId: ca.ca_id,
      resourceName: ca.common_name,
      result: 'success',
      detail: `serial number ${serialNumber}: ${reason}`,
    });
    const holderId = consumerId ?? certificate?.account_id ?? ca.account_id;
    if (holderId === ca.account_id) return;
    await ports.identity.recordAudit(transaction, ports.identity.systemActor(holderId, 'sharing'), {
      action,
      resourceType: 'certificate',
      resourceId: subjectId,
      ...(certificate && { resourceName: certificate.common_name }),
      result: 'success',
      detail: `revoked by the owner of CA ${ca.ca_id}: ${reason}`,
    });
  });
  ports.revocation?.committed();
}

function requireRevocable(
  issued: readonly IssuedSerialTable[],
): readonly [IssuedSerialTable, ...IssuedSerialTable[]] {
  const [first, ...others] = issued;
  if (first === undefined || first.kind === 'ocsp') throw pcaError('PCA.00030102');
  if (first.kind === 'ca') {
    throw pcaError(
      'PCA.00030201',
      `The serial number is that of the CA ${first.subject_id}; revoke that CA.`,
    );
  }
  if (first.revoked_at !== null && first.revocation_reason !== 'CERTIFICATE_HOLD') {
    throw pcaError('PCA.00030201', 'The certificate is revoked already.');
  }
  return [first, ...others];
}
