import type { Actor } from '../iam/actor.ts';
import type { Extension } from '../pki/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { CertificateAuthority } from './ca.ts';

/** How a CA publishes its CRL. */
export interface CrlConfiguration {
  /** Of the file in the bucket, without its ending. */
  readonly name: string;
  readonly bucket: string;
  readonly validDays: number;
  /** Hours between deltas; null: no deltas are published. */
  readonly deltaHours: number | null;
}

/** Serial numbers of one issuer whose status changes. */
export interface StatusChange {
  readonly issuerId: string;
  /** Decimal text. */
  readonly serialNumbers: readonly string[];
}

/** What tells relying parties what is revoked. It stands on this capability, so it is given by who puts the program together. */
export interface RevocationPort {
  /**
   * Address at which the actor's CRL will be. Throws AccessDenied if a policy denies the actor this object, and PCA.00020204 unless
   * the account lets CRLs be written into the bucket and it exists.
   */
  crlAddress(actor: Actor, configuration: CrlConfiguration): Promise<string>;
  /** In the transaction that gives a CA a CRL configuration, takes it away, or gives a CA with one its certificate. */
  crlConfigured(transaction: Transaction, accountId: string, caId: string, enabled: boolean): Promise<void>;
  /** In the transaction that revokes or lifts a hold. */
  statusChanged(transaction: Transaction, change: StatusChange): Promise<void>;
  /** After such a transaction: what it made due begins now. */
  committed(): void;
  /** What certificates carry so that relying parties find the status that this issuer publishes. */
  addressExtensions(
    issuer: Pick<CertificateAuthority, 'ca_id' | 'crl_enabled' | 'crl_dis_point' | 'ocsp_enabled'>,
  ): readonly Extension[];
}
