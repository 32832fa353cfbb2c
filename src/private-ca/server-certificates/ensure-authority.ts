import { certificatePoliciesExtension, type KeyAlgorithm, oids } from '../../pki/index.ts';
import { isUniqueViolation } from '../../platform/db/index.ts';
import type { AuthorityPorts } from '../authorities/authority-ports.ts';
import { findAuthoritySummary, insertAuthorities } from '../authorities/authority-store.ts';
import {
  certifyAuthority,
  planCertification,
  recordCertification,
} from '../authorities/certify-authority.ts';
import { recordAuthorityAudit } from '../authorities/change-authority.ts';
import { newAuthority } from '../authorities/new-authority.ts';
import type { DistinguishedNameColumns } from '../distinguished-name.ts';
import { defaultEnterpriseProjectId } from '../enterprise-project.ts';
import { defaultCaKeyUsages } from '../key-usage.ts';

// CA/Browser Forum, Baseline Requirements §7.1.2.10.5; without it, RFC 5280 §6.1.3 gives what the CA issues no policy at all.
const anyPolicy = certificatePoliciesExtension([{ oid: oids.anyPolicy, cpsUris: [] }]);

/** A CA that the installation keeps for itself. */
export interface OwnAuthority {
  /** Of no tenant. */
  readonly accountId: string;
  /** Chosen before, a UUID in lower case: nodes that make the same CA at the same time make one. */
  readonly caId: string;
  /** Undefined: a root CA. */
  readonly issuerId: string | undefined;
  readonly commonName: string;
  readonly organization: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly years: number;
}

/** Makes the CA unless it exists; it is in no quota. Throws what loading the issuer throws. */
export async function ensureAuthority(ports: AuthorityPorts, own: OwnAuthority): Promise<void> {
  const { accountId, caId, issuerId, keyAlgorithm } = own;
  if (await findAuthoritySummary(ports.database, accountId, caId)) return;
  const request = {
    type: issuerId === undefined ? ('ROOT' as const) : ('SUBORDINATE' as const),
    keyAlgorithm,
    signatureAlgorithm: keyAlgorithm === 'SM2' ? ('SM3' as const) : ('SHA256' as const),
    validity: { type: 'YEAR' as const, value: own.years },
    issuerId,
    pathLength: 0,
    keyUsages: defaultCaKeyUsages,
  };
  const plan = await planCertification(ports, accountId, request, async () => {});
  const key = await ports.keyStore.generate({ accountId, purpose: 'pca' }, keyAlgorithm);
  const name: DistinguishedNameColumns = {
    common_name: own.commonName,
    country: null,
    state: null,
    locality: null,
    organization: own.organization,
    organizational_unit: null,
  };
  const certified = await certifyAuthority(ports, plan, name, key.signer, issuerId ? [anyPolicy] : []);
  const row = {
    ...newAuthority({
      ca_id: caId,
      account_id: accountId,
      create_time: ports.clock.nowMs(),
      enterprise_project_id: defaultEnterpriseProjectId,
      charging_mode: 1,
    }),
    ...name,
    type: request.type,
    key_algorithm: keyAlgorithm,
    key_id: key.keyId,
    public_key_spki: key.publicKeySpki,
    ...certified.columns,
  };
  const actor = ports.identity.systemActor(accountId, 'ssl-certificates');
  const write = ports.database.transaction(async (transaction) => {
    await ports.keyStore.save(transaction, key);
    await insertAuthorities(transaction, [row]);
    await recordCertification(ports.issuers, transaction, caId, certified);
    await recordAuthorityAudit(ports, transaction, actor, 'createAuthority', row);
  });
  await write.catch((error: unknown) => {
    // Another node was faster: its CA is the one.
    if (!isUniqueViolation(error)) throw error;
  });
}
