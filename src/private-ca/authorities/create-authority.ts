import type { Actor } from '../../iam/actor.ts';
import type { UnsavedKey } from '../../kms/key-store.ts';
import { type CertificateAuthority, lacksInformation, requireAllowed } from '../ca.ts';
import { certifiedNames } from '../certified-names.ts';
import { type CrlColumns, noCrl, planCrl, withOwnCrlFile } from '../crl-configuration.ts';
import { type DistinguishedNameColumns, toColumns, toEncodedName } from '../distinguished-name.ts';
import {
  defaultEnterpriseProjectId,
  namedEnterpriseProject,
  requireEnterpriseProject,
} from '../enterprise-project.ts';
import { pcaError } from '../errors.ts';
import { issuerPermit } from '../issuer.ts';
import { caKeyUsages } from '../key-usage.ts';
import { accessRequest } from '../permissions.ts';
import type { AuthorityPorts } from './authority-ports.ts';
import type { CreateAuthorityBody } from './authority-schemas.ts';
import { findAuthority, insertAuthorities } from './authority-store.ts';
import {
  type CertificationPlan,
  type CertificationRequest,
  type CertifiedAuthority,
  certifyAuthority,
  planCertification,
  recordCertification,
} from './certify-authority.ts';
import { changeAuthority, recordAuthorityAudit } from './change-authority.ts';
import { requestedCluster } from './hsm-cluster.ts';
import { authorityNotFound } from './load-authority.ts';
import { newAuthority } from './new-authority.ts';

/** What was made for a CA outside the transaction: nothing of it exists before it is committed. */
interface PreparedAuthority {
  readonly key: UnsavedKey;
  readonly name: DistinguishedNameColumns;
  /** Undefined for a subordinate CA that stays PENDING. */
  readonly certified: CertifiedAuthority | undefined;
}

/**
 * Creates a root CA, a subordinate CA, or a subordinate CA that is PENDING because its issuer, hash or validity is missing. With the
 * id of a purchased CA, gives that one its information instead, and activates it on the same terms. Returns the CA's id.
 */
export async function createAuthority(
  ports: AuthorityPorts,
  actor: Actor,
  body: CreateAuthorityBody,
): Promise<string> {
  const purchased = body.ca_id ? await findAuthority(ports.database, actor.accountId, body.ca_id) : undefined;
  const enterpriseProjectId =
    namedEnterpriseProject(body.enterprise_project_id) ??
    purchased?.enterprise_project_id ??
    defaultEnterpriseProjectId;
  const { subjectNames } = certifiedNames(toEncodedName(toColumns(body.distinguished_name)), []);
  const ask = (project: string) =>
    ports.identity.authorize(
      actor,
      accessRequest('createAuthority', { enterpriseProjectId: project, subjectNames }),
    );
  await ask(enterpriseProjectId);
  await requireEnterpriseProject(ports.identity, actor.accountId, enterpriseProjectId);
  if (body.ca_id) requireUninformed(purchased, ports.clock.nowMs());
  else await ports.quotas.requireRoom(ports.database, actor.accountId, 'CERTIFICATE_AUTHORITY');
  const caId = purchased?.ca_id ?? ports.random.uuid();
  const crl = await requestedCrl(ports, actor, caId, body);
  const clusterId = requestedCluster(ports, actor, body.hsm_cluster_info, body.key_algorithm);
  const permit = issuerPermit(enterpriseProjectId, ask);
  const request = certificationRequest(body);
  const plan = request && (await planCertification(ports, actor.accountId, request, permit));
  const prepared = await prepare(ports, actor.accountId, body, plan, clusterId);
  const columns = {
    ...prepared.name,
    type: body.type,
    key_algorithm: body.key_algorithm,
    enterprise_project_id: enterpriseProjectId,
    key_usages: JSON.stringify(caKeyUsages(body.key_usages)),
    key_id: prepared.key.keyId,
    public_key_spki: prepared.key.publicKeySpki,
    hsm_cluster_id: clusterId ?? null,
    ...crl,
    ...prepared.certified?.columns,
  };
  if (purchased !== undefined) return inform(ports, actor, purchased, prepared, columns);
  const row = {
    ...newAuthority({
      ca_id: caId,
      account_id: actor.accountId,
      create_time: ports.clock.nowMs(),
      enterprise_project_id: enterpriseProjectId,
      charging_mode: 1,
    }),
    ...columns,
  };
  return insert(ports, actor, prepared, row);
}

/** A CA that stays PENDING keeps the configuration until it has a certificate. */
async function requestedCrl(
  ports: AuthorityPorts,
  actor: Actor,
  caId: string,
  { type, crl_configuration: sent, key_usages: keyUsages }: CreateAuthorityBody,
): Promise<CrlColumns> {
  if (!sent?.enabled) return noCrl;
  const usages = type === 'ROOT' ? undefined : caKeyUsages(keyUsages);
  return planCrl(ports, actor, caId, usages, sent, 'crl_configuration.');
}

function requireUninformed(ca: CertificateAuthority | undefined, nowMs: number): void {
  if (ca === undefined) throw authorityNotFound();
  requireAllowed('activate', ca, nowMs);
  if (!lacksInformation(ca)) throw pcaError('PCA.00030201', 'The information of this CA is saved already.');
}

/** Undefined if the body lacks what activation needs: the CA is created PENDING, and what else was given for activation is ignored. */
function certificationRequest(body: CreateAuthorityBody): CertificationRequest | undefined {
  const { issuer_id, signature_algorithm: signatureAlgorithm, type, validity } = body;
  if (type === 'ROOT') {
    if (validity === undefined) throw pcaError('PCA.00020109', 'validity is mandatory for a root CA.');
    if (signatureAlgorithm === undefined) {
      throw pcaError('PCA.00020103', 'signature_algorithm is mandatory for a root CA.');
    }
  } else if (!issuer_id) return undefined;
  if (validity === undefined || signatureAlgorithm === undefined) return undefined;
  return {
    type,
    keyAlgorithm: body.key_algorithm,
    signatureAlgorithm,
    validity,
    issuerId: issuer_id || undefined,
    pathLength: body.path_length,
    keyUsages: caKeyUsages(body.key_usages),
  };
}

async function prepare(
  ports: AuthorityPorts,
  accountId: string,
  body: CreateAuthorityBody,
  plan: CertificationPlan | undefined,
  clusterId: string | undefined,
): Promise<PreparedAuthority> {
  const name = toColumns(body.distinguished_name);
  const key = await ports.keyStore.generate({ accountId, purpose: 'pca' }, body.key_algorithm, clusterId);
  return { key, name, certified: plan && (await certifyAuthority(ports, plan, name, key.signer)) };
}

async function insert(
  ports: AuthorityPorts,
  actor: Actor,
  { key, certified }: PreparedAuthority,
  row: CertificateAuthority,
): Promise<string> {
  const write = ports.database.transaction(async (transaction) => {
    await ports.quotas.take(transaction, row.account_id, 'CERTIFICATE_AUTHORITY');
    await ports.keyStore.save(transaction, key);
    await insertAuthorities(transaction, [row]);
    if (certified) await recordCertification(ports.issuers, transaction, row.ca_id, certified);
    await recordAuthorityAudit(ports, transaction, actor, 'createAuthority', row);
    if (row.crl_enabled) {
      await ports.revocation?.crlConfigured(transaction, row.account_id, row.ca_id, true);
    }
  });
  await withOwnCrlFile(write);
  ports.revocation?.committed();
  return row.ca_id;
}

/** The place in the quota was taken by the order. */
async function inform(
  ports: AuthorityPorts,
  actor: Actor,
  purchased: CertificateAuthority,
  { key, certified }: PreparedAuthority,
  columns: Partial<CertificateAuthority>,
): Promise<string> {
  const write = ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'createAuthority', purchased, columns);
    await ports.keyStore.save(transaction, key);
    if (certified) await recordCertification(ports.issuers, transaction, purchased.ca_id, certified);
    if (columns.crl_enabled) {
      await ports.revocation?.crlConfigured(transaction, purchased.account_id, purchased.ca_id, true);
    }
  });
  await withOwnCrlFile(write);
  ports.revocation?.committed();
  return purchased.ca_id;
}
