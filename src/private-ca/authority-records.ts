import type { Actor } from '../iam/actor.ts';
import { type Certificate, parseCertificate, type Signer } from '../pki/index.ts';
import type { Reader, Transaction } from '../platform/db/index.ts';
import { findAuthorityOfAnyAccount } from './authorities/authority-store.ts';
import { changeAuthority } from './authorities/change-authority.ts';
import { loadAuthority } from './authorities/load-authority.ts';
import { type CaOperation, type CertificateAuthority, requireAllowed } from './ca.ts';
import { releaseHold } from './certificates/release-hold.ts';
import { type CrlColumns, planCrl, type SentCrlConfiguration } from './crl-configuration.ts';
import {
  findSerials,
  insertIssuedSerials,
  listRevokedSerials,
  type RevokedSerial,
  type RevokedSerialPosition,
} from './issued-serial-store.ts';
import type { PermissionName } from './permissions.ts';
import type { PrivateCaPorts } from './ports.ts';
import { newSerialNumber } from './serial-number.ts';
import type { IssuedSerialTable } from './tables.ts';

/** A serial number that an issuer used, with its revocation if it is revoked. */
export type SerialStatus = Pick<
  IssuedSerialTable,
  'serial_number' | 'not_after' | 'revoked_at' | 'revocation_reason'
>;

/** A CA with its certificate, for who speaks for it to relying parties. */
export interface SpeakingAuthority {
  readonly row: CertificateAuthority;
  readonly certificate: Certificate;
}

/** What revocation needs of CAs and of what they issued. */
export interface AuthorityRecords {
  /** For an actor who may do this to it. Throws AccessDenied, PCA.00030102, and PCA.00030201 in another status. */
  load(
    actor: Actor,
    permission: PermissionName,
    operation: CaOperation,
    caId: string,
  ): Promise<CertificateAuthority>;
  /** Checks a CRL configuration of the CA; throws AccessDenied, PCA.00020204. */
  planCrl(actor: Actor, ca: CertificateAuthority, sent: SentCrlConfiguration): Promise<CrlColumns>;
  /** Writes a change and its audit record; PCA.00030201 if the CA is no longer as it was seen. */
  change(
    transaction: Transaction,
    actor: Actor,
    permission: PermissionName,
    seen: CertificateAuthority,
    changes: Partial<CertificateAuthority>,
  ): Promise<void>;
  /** Of whatever account, for those who do not authenticate; undefined without a certificate, or after its deletion. */
  find(reader: Reader, caId: string): Promise<SpeakingAuthority | undefined>;
  /** DER of the certificate of a CA, also of one whose deletion was carried out. */
  findCertificateDer(reader: Reader, caId: string): Promise<Uint8Array | undefined>;
  /** The CA's own key; throws if it is not kept here. */
  signer(ca: CertificateAuthority): Promise<Signer>;
  /** Those of these serial numbers (decimal text) that the CA issued. */
  findSerials(
    reader: Reader,
    caId: string,
    serialNumbers: readonly string[],
  ): Promise<readonly SerialStatus[]>;
  /** A page of what is revoked, by time of revocation. */
  listRevoked(
    reader: Reader,
    caId: string,
    after: RevokedSerialPosition | undefined,
    limit: number,
  ): Promise<readonly RevokedSerial[]>;
  newSerialNumber(): bigint;
  /** Records a certificate that the CA signed for a service of its own. */
  recordSerial(
    transaction: Transaction,
    issued: Pick<IssuedSerialTable, 'issuer_id' | 'serial_number' | 'subject_id' | 'not_after'>,
  ): Promise<void>;
  /** See `releaseHold`. */
  releaseHold(actor: Actor, certificateId: string): Promise<void>;
}

export function createAuthorityRecords(ports: PrivateCaPorts): AuthorityRecords {
  return {
    async load(actor, permission, operation, caId) {
      const ca = await loadAuthority(ports, actor, permission, caId);
      requireAllowed(operation, ca, ports.clock.nowMs());
      return ca;
    },
    planCrl(actor, ca, sent) {
      const keyUsages = ca.key_usages === null ? undefined : (JSON.parse(ca.key_usages) as string[]);
      return planCrl(ports, actor, ca.ca_id, keyUsages, sent);
    },
    change: (transaction, actor, permission, seen, changes) =>
      changeAuthority(ports, transaction, actor, permission, seen, changes),
    async find(reader, caId) {
      const row = await findAuthorityOfAnyAccount(reader, caId);
      if (row?.certificate_der == null || row.status === 'PURGED') return undefined;
      return { row, certificate: parseCertificate(row.certificate_der) };
    },
    async findCertificateDer(reader, caId) {
      return (await findAuthorityOfAnyAccount(reader, caId))?.certificate_der ?? undefined;
    },
    signer: (ca) => {
      if (ca.key_id === null) throw new Error(`the key of CA ${ca.ca_id} is not kept here`);
      return ports.keyStore.signer({ accountId: ca.account_id, purpose: 'pca' }, ca.key_id);
    },
    findSerials,
    listRevoked: listRevokedSerials,
    newSerialNumber: () => newSerialNumber(ports.random, ports.clock.nowMs()),
    recordSerial: (transaction, issued) =>
      insertIssuedSerials(transaction, [
        {
          ...issued,
          kind: 'ocsp',
          consumer_id: null,
          subject_names: null,
          not_before: null,
          revoked_at: null,
          revocation_reason: null,
        },
      ]),
    releaseHold: (actor, certificateId) => releaseHold(ports, actor, certificateId),
  };
}
