import type { KeyAlgorithm } from '../../pki/index.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Random } from '../../platform/random.ts';
import type { ServerCertificates } from '../../private-ca/index.ts';
import { findIssuerState, insertIssuerStateIfAbsent, listIssuerStates } from './issuer-state-store.ts';

export interface HierarchyPorts {
  readonly database: Database;
  readonly random: Random;
  readonly serverCertificates: Pick<ServerCertificates, 'ensureAuthority' | 'chain'>;
  /** Has OCSP on for a CA of `systemAccount`; may be repeated. */
  readonly publishStatus: (accountId: string, caId: string) => Promise<void>;
}

/** No account has this id (they are 32 hexadecimal digits), so no customer ever sees these CAs. */
export const systemAccount = 'system';

type Family = 'RSA' | 'SM2';

interface BuiltInState {
  readonly rootId: string;
  readonly issuingId: string;
}

/** A root CA of the built-in issuer, for relying parties to trust. */
export interface BuiltInRoot {
  readonly brand: string;
  readonly family: Family;
  readonly certificateDer: Uint8Array;
}

const prefix = 'built-in ';
const rootYears = 30;
const issuingYears = 20;

/** Keys for a lifetime of decades above, of fast signatures below. */
const keys: Readonly<Record<Family, { readonly root: KeyAlgorithm; readonly issuing: KeyAlgorithm }>> = {
  RSA: { root: 'RSA4096', issuing: 'RSA2048' },
  SM2: { root: 'SM2', issuing: 'SM2' },
};

/**
 * For each brand a root CA and below it an issuing CA, made when first needed: one pair signs with RSA for all keys but SM2's, which
 * have their own. What is chosen first is the ids, in one row that the first node's transaction writes; each step after it finds what
 * was made under its id, by another node or before a crash, and goes on from there.
 */
export class BuiltInHierarchy {
  readonly #ports: HierarchyPorts;
  readonly #ready = new Map<string, Promise<string>>();

  constructor(ports: HierarchyPorts) {
    this.#ports = ports;
  }

  /** The ca_id of the issuing CA, in `systemAccount`. */
  issuingCa(brand: string, family: Family): Promise<string> {
    const name = `${prefix}${brand} ${family}`;
    const known = this.#ready.get(name);
    if (known) return known;
    const made = this.#make(name, brand, family);
    this.#ready.set(name, made);
    made.catch(() => this.#ready.delete(name));
    return made;
  }

  /** Of the brands that have issued, or are about to. */
  async roots(): Promise<readonly BuiltInRoot[]> {
    const { database, serverCertificates } = this.#ports;
    const roots: BuiltInRoot[] = [];
    for (const { issuer, state } of await listIssuerStates(database, prefix)) {
      const [brand = '', family] = issuer.slice(prefix.length).split(' ');
      const { rootId } = JSON.parse(state) as BuiltInState;
      const [certificateDer] = await serverCertificates.chain(systemAccount, rootId);
      if (certificateDer) roots.push({ brand, family: family as Family, certificateDer });
    }
    return roots;
  }

  async #make(name: string, brand: string, family: Family): Promise<string> {
    const { publishStatus, serverCertificates } = this.#ports;
    const { rootId, issuingId } = await this.#ids(name);
    const common = {
      accountId: systemAccount,
      // Two installations' roots must not look the same: software finds issuers by their names.
      organization: `OpenCCM ${rootId.slice(0, 8)}`,
    };
    await serverCertificates.ensureAuthority({
      ...common,
      caId: rootId,
      issuerId: undefined,
      commonName: `OpenCCM ${brand} TLS ${family} Root CA 1`,
      keyAlgorithm: keys[family].root,
      years: rootYears,
    });
    // Before anything is issued below: its certificate says where the status is.
    await publishStatus(systemAccount, rootId);
    await serverCertificates.ensureAuthority({
      ...common,
      caId: issuingId,
      issuerId: rootId,
      commonName: `OpenCCM ${brand} TLS ${family} CA 1`,
      keyAlgorithm: keys[family].issuing,
      years: issuingYears,
    });
    await publishStatus(systemAccount, issuingId);
    return issuingId;
  }

  async #ids(name: string): Promise<BuiltInState> {
    const { database, random } = this.#ports;
    const known = await findIssuerState(database, name);
    if (known) return JSON.parse(known.state) as BuiltInState;
    const chosen: BuiltInState = { rootId: random.uuid(), issuingId: random.uuid() };
    await database.transaction((transaction) =>
      insertIssuerStateIfAbsent(transaction, name, JSON.stringify(chosen)),
    );
    return JSON.parse((await findIssuerState(database, name))!.state) as BuiltInState;
  }
}
