import { LRUCache } from 'lru-cache';
import type { KeyStore } from '../kms/key-store.ts';
import {
  type Extension,
  type KeyAlgorithm,
  keyIdentifierOf,
  type NameConstraints,
  parseCertificate,
  type Signer,
} from '../pki/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import {
  type AuthoritySummary,
  findAuthoritySummary,
  findIssuancePolicies,
  holdAuthorityState,
} from './authorities/authority-store.ts';
import { type CertificateAuthority, requireAllowed } from './ca.ts';
import { chainWithAuthorities } from './chain.ts';
import { pcaError } from './errors.ts';
import type { PrivateCaPorts } from './ports.ts';
import type { RevocationPort } from './revocation-port.ts';
import { findSharingOwner } from './sharing/share-store.ts';
import type { Validity } from './validity.ts';

/** A CA that may issue now, with what a certificate takes from its issuer. */
export interface Issuer {
  readonly ca: AuthoritySummary;
  /** For whom it issues: its owner, or an account with which it is shared. */
  readonly accountId: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly signer: Signer;
  /** The subject of its certificate, encoded: the issuer of what it issues, octet by octet. */
  readonly nameDer: Uint8Array;
  /** Octets of its subjectKeyIdentifier. */
  readonly keyIdentifier: Uint8Array;
  readonly validity: Validity;
  /** What its certificates carry so that their status is found. */
  readonly addressExtensions: readonly Extension[];
  /** Of its certificate and those above it. */
  readonly inheritedConstraints: readonly NameConstraints[];
  /** The CAs of this installation above it, the nearest first. */
  readonly idsAbove: readonly string[];
  /** Their stored issuance policies; null: none. */
  readonly policiesAbove: readonly (string | null)[];
}

/** What never changes while the certificate is the same. */
type IssuerIdentity = Pick<Issuer, 'nameDer' | 'keyIdentifier' | 'inheritedConstraints' | 'idsAbove'> & {
  /** Account of the owner. */
  readonly accountId: string;
  readonly serialNumber: string;
};

type IssuingState = Pick<
  CertificateAuthority,
  'status' | 'not_after' | 'freeze_flag' | 'key_id' | 'key_usages' | 'serial_number'
>;

/** Asks for the operation's permission in the enterprise project of the issuing CA; throws AccessDenied. */
export type IssuerPermit = (enterpriseProjectId: string) => Promise<void>;

/** Of an operation whose permission was asked in one project already; to sign with a CA of another needs it there as well. */
export function issuerPermit(askedIn: string, ask: IssuerPermit): IssuerPermit {
  return async (enterpriseProjectId) => {
    if (enterpriseProjectId !== askedIn) await ask(enterpriseProjectId);
  };
}

const cachedIssuers = 1000;

function issuerNotFound() {
  return pcaError('PCA.00030103', 'issuer_id does not name a CA of this account.');
}

/** Throws unless the CA may sign certificates: it is ACTIVED, not frozen, its key is here, and its certificate permits it. */
function requireIssuing(ca: IssuingState, nowMs: number): void {
  requireAllowed('issue', ca, nowMs);
  if (ca.key_id === null) {
    throw pcaError(
      'PCA.00020001',
      'issuer_id names a CA that was issued from a CSR: its key is kept by its owner, so it cannot issue here.',
    );
  }
  // Null: an imported certificate without keyUsage, which permits everything (RFC 5280 §4.2.1.3).
  const usages: unknown = ca.key_usages === null ? null : JSON.parse(ca.key_usages);
  if (Array.isArray(usages) && !usages.includes('keyCertSign')) {
    throw pcaError(
      'PCA.00020001',
      'issuer_id names a CA whose key usage lacks keyCertSign, so it cannot issue.',
    );
  }
}

/** The CAs that issue. The parsed part of their certificates is kept; whether they may issue is asked of the database each time. */
export class Issuers {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keyStore: KeyStore;
  readonly #revocation: RevocationPort | undefined;
  readonly #identities = new LRUCache<string, IssuerIdentity>({ max: cachedIssuers });

  constructor(ports: Pick<PrivateCaPorts, 'database' | 'clock' | 'keyStore' | 'revocation'>) {
    this.#database = ports.database;
    this.#clock = ports.clock;
    this.#keyStore = ports.keyStore;
    this.#revocation = ports.revocation;
  }

  /** The account whose CA an account may issue with: another one that shares it, else the account itself. */
  async ownerOf(accountId: string, issuerId: string): Promise<string> {
    const caId = issuerId.toLowerCase();
    // Most issue with CAs of their own; of those nothing is read here.
    if (this.#identities.get(caId)?.accountId === accountId) return accountId;
    return (await findSharingOwner(this.#database, accountId, caId)) ?? accountId;
  }

  /**
   * Throws PCA.00030103 if the account has no such CA, what `permit` throws, PCA.00030201 unless it is ACTIVED, PCA.00030202 if it is frozen,
   * PCA.00020001 if it can never issue here. `ownerId` (see `ownerOf`) is for a CA that another account shares; its projects are not
   * asked about.
   */
  async load(
    accountId: string,
    issuerId: string,
    permit: IssuerPermit,
    ownerId = accountId,
  ): Promise<Issuer> {
    const ca = await findAuthoritySummary(this.#database, ownerId, issuerId);
    if (ca === undefined) throw issuerNotFound();
    if (ownerId === accountId) await permit(ca.enterprise_project_id);
    requireIssuing(ca, this.#clock.nowMs());
    const { nameDer, keyIdentifier, inheritedConstraints, idsAbove } = await this.#identityOf(ca);
    return {
      ca,
      accountId,
      keyAlgorithm: ca.key_algorithm as KeyAlgorithm,
      signer: await this.#keyStore.signer({ accountId: ca.account_id, purpose: 'pca' }, ca.key_id!),
      nameDer,
      keyIdentifier,
      validity: { notBefore: ca.not_before!, notAfter: ca.not_after },
      addressExtensions: this.#revocation?.addressExtensions(ca) ?? [],
      inheritedConstraints,
      idsAbove,
      policiesAbove: await findIssuancePolicies(this.#database, ca.account_id, idsAbove),
    };
  }

  /**
   * Asked again where the certificate is recorded: signing took time, and the CA may have been disabled. From here to the end of the
   * transaction it cannot be. Throws as `load`.
   */
  async requireStillIssuing(transaction: Transaction, issuer: Issuer): Promise<void> {
    const state = await holdAuthorityState(transaction, issuer.ca.account_id, issuer.ca.ca_id);
    if (state === undefined) throw issuerNotFound();
    const { accountId, ca } = issuer;
    if (accountId !== ca.account_id && !(await findSharingOwner(transaction, accountId, ca.ca_id))) {
      throw issuerNotFound();
    }
    requireIssuing(state, this.#clock.nowMs());
    const policiesAbove = await findIssuancePolicies(transaction, ca.account_id, issuer.idsAbove);
    const isSameAbove = policiesAbove.every((policy, index) => policy === issuer.policiesAbove[index]);
    if (state.issuance_policy !== ca.issuance_policy || !isSameAbove) {
      throw pcaError(
        'PCA.00030201',
        'The issuance policy of the CA or of one above it was changed at the same time; send it again.',
      );
    }
  }

  async #identityOf(ca: AuthoritySummary): Promise<IssuerIdentity> {
    const known = this.#identities.get(ca.ca_id);
    if (known !== undefined && known.serialNumber === ca.serial_number) return known;
    const found = await chainWithAuthorities(this.#database, ca.account_id, ca.ca_id);
    const chain = found.chain.map(parseCertificate);
    const [certificate] = chain;
    if (certificate === undefined) throw new Error(`CA ${ca.ca_id} issues without a certificate`);
    const identity = {
      accountId: ca.account_id,
      serialNumber: ca.serial_number!,
      idsAbove: found.caIds.slice(1),
      nameDer: certificate.subjectDer,
      // An imported certificate may lack the extension, or have computed it in another way.
      keyIdentifier: certificate.known.subjectKeyIdentifier ?? keyIdentifierOf(certificate.spki),
      inheritedConstraints: chain.flatMap(({ known }) => known.nameConstraints ?? []),
    };
    this.#identities.set(ca.ca_id, identity);
    return identity;
  }
}

/** How many CAs may stand below a new one under this issuer. Throws PCA.00020203. */
export function requirePathLength(issuer: Issuer, requested: number): number {
  const limit = issuer.ca.path_length;
  if (limit === null || requested < limit) return requested;
  const remedy = limit === 0 ? 'it can have no CA below it' : `use at most ${limit - 1}`;
  throw pcaError(
    'PCA.00020203',
    `path_length has to be less than that of the issuing CA, ${limit}: ${remedy}.`,
  );
}
