import type { Actor } from '../../iam/actor.ts';
import type { UnsavedKey } from '../../kms/key-store.ts';
import type { KeyAlgorithm, Signer } from '../../pki/index.ts';
import { type CaType, type CertificateAuthority, lacksInformation, requireAllowed } from '../ca.ts';
import { certifiedNames } from '../certified-names.ts';
import { type CrlColumns, noCrl, planCrl, requireCrlSign, withOwnCrlFile } from '../crl-configuration.ts';
import {
  type DistinguishedNameColumns,
  distinguishedNameFields,
  nameColumns,
  toColumns,
  toEncodedName,
} from '../distinguished-name.ts';
import { namedEnterpriseProject, requireEnterpriseProject } from '../enterprise-project.ts';
import { pcaError } from '../errors.ts';
import { issuerPermit } from '../issuer.ts';
import { caKeyUsages, type KeyUsage } from '../key-usage.ts';
import type { AuthorityPorts } from './authority-ports.ts';
import type { ActivateAuthorityBody } from './authority-schemas.ts';
import { certifyAuthority, planCertification, recordCertification } from './certify-authority.ts';
import { changeAuthority } from './change-authority.ts';
import { requestedCluster } from './hsm-cluster.ts';
import { authorizeOnAuthority, loadAuthority } from './load-authority.ts';

interface AuthorityInformation {
  readonly type: CaType;
  readonly name: DistinguishedNameColumns;
  readonly keyAlgorithm: KeyAlgorithm;
}

/** Gives a PENDING CA its certificate; a purchased CA gets its type, name and key in the same call. */
export async function activateAuthority(
  ports: AuthorityPorts,
  actor: Actor,
  caId: string,
  body: ActivateAuthorityBody,
): Promise<void> {
  const target = targetOf(body);
  const ca = await loadAuthority(ports, actor, 'activateAuthority', caId, target);
  requireAllowed('activate', ca, ports.clock.nowMs());
  const enterpriseProjectId = await enterpriseProjectOf(ports, actor, ca, body);
  const information = lacksInformation(ca) ? givenInformation(body) : savedInformation(ca, body);
  const clusterId = clusterOf(ports, actor, ca, information.keyAlgorithm, body);
  const request = {
    type: information.type,
    keyAlgorithm: information.keyAlgorithm,
    signatureAlgorithm: body.signature_algorithm,
    validity: body.validity,
    issuerId: body.issuer_id || undefined,
    pathLength: body.path_length,
    keyUsages: keyUsagesOf(ca, body),
  };
  const permit = issuerPermit(ca.enterprise_project_id, (project) =>
    askIn(ports, actor, ca, project, target),
  );
  const plan = await planCertification(ports, ca.account_id, request, permit);
  const crl = await requestedCrl(ports, actor, ca, plan.keyUsages, body);
  const { unsaved, signer } = await keyOf(ports, ca, information.keyAlgorithm, clusterId);
  const certified = await certifyAuthority(ports, plan, information.name, signer);
  const write = ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'activateAuthority', ca, {
      ...information.name,
      type: information.type,
      key_algorithm: information.keyAlgorithm,
      enterprise_project_id: enterpriseProjectId,
      hsm_cluster_id: clusterId ?? null,
      ...(unsaved ? { key_id: unsaved.keyId, public_key_spki: unsaved.publicKeySpki } : {}),
      ...crl,
      ...certified.columns,
    });
    if (unsaved) await ports.keyStore.save(transaction, unsaved);
    await recordCertification(ports.issuers, transaction, ca.ca_id, certified);
    const enabled = (crl.crl_enabled ?? ca.crl_enabled) === 1;
    await ports.revocation?.crlConfigured(transaction, ca.account_id, ca.ca_id, enabled);
  });
  await withOwnCrlFile(write);
  ports.revocation?.committed();
}

/** What was configured at creation stays, unless the activation says something else. */
async function requestedCrl(
  ports: AuthorityPorts,
  actor: Actor,
  ca: CertificateAuthority,
  keyUsages: readonly KeyUsage[],
  { crl_configuration: sent }: ActivateAuthorityBody,
): Promise<Partial<CrlColumns>> {
  if (sent === undefined) {
    if (ca.crl_enabled === 1) requireCrlSign(keyUsages);
    return {};
  }
  return sent.enabled ? planCrl(ports, actor, ca.ca_id, keyUsages, sent, 'crl_configuration.') : noCrl;
}

/** Moving a CA to another project needs the permission there as well. */
async function enterpriseProjectOf(
  ports: AuthorityPorts,
  actor: Actor,
  ca: CertificateAuthority,
  body: ActivateAuthorityBody,
): Promise<string> {
  const named = namedEnterpriseProject(body.enterprise_project_id);
  if (named === undefined || named === ca.enterprise_project_id) return ca.enterprise_project_id;
  await askIn(ports, actor, ca, named, targetOf(body));
  await requireEnterpriseProject(ports.identity, actor.accountId, named);
  return named;
}

function askIn(
  ports: AuthorityPorts,
  actor: Actor,
  ca: CertificateAuthority,
  enterpriseProjectId: string,
  target: ReturnType<typeof targetOf>,
): Promise<void> {
  return authorizeOnAuthority(ports, actor, 'activateAuthority', ca, { ...target, enterpriseProjectId });
}

/** The name that the request gives the CA; without one the saved name is asked about. */
function targetOf({ distinguished_name: name }: ActivateAuthorityBody) {
  if (name === undefined) return {};
  return { subjectNames: certifiedNames(toEncodedName(toColumns(name)), []).subjectNames };
}

function givenInformation(body: ActivateAuthorityBody): AuthorityInformation {
  const { type, distinguished_name: name, key_algorithm: keyAlgorithm } = body;
  const mandatory = 'is mandatory to activate a purchased CA.';
  if (type === undefined) throw pcaError('PCA.00020202', `type ${mandatory}`);
  if (name === undefined) throw pcaError('PCA.00020101', `distinguished_name ${mandatory}`);
  if (keyAlgorithm === undefined) throw pcaError('PCA.00020102', `key_algorithm ${mandatory}`);
  return { type, name: toColumns(name), keyAlgorithm };
}

/** The key exists, and the CSR may have been exported: what is sent again has to be the same. */
function savedInformation(ca: CertificateAuthority, body: ActivateAuthorityBody): AuthorityInformation {
  const differs = 'differs from what the CA was created with; leave it out.';
  if (body.type !== undefined && body.type !== ca.type) throw pcaError('PCA.00020202', `type ${differs}`);
  if (body.key_algorithm !== undefined && body.key_algorithm !== ca.key_algorithm) {
    throw pcaError('PCA.00020102', `key_algorithm ${differs}`);
  }
  const name = body.distinguished_name && toColumns(body.distinguished_name);
  if (name !== undefined && distinguishedNameFields.some((field) => name[field] !== ca[field])) {
    throw pcaError('PCA.00020101', `distinguished_name ${differs}`);
  }
  return { type: ca.type, name: nameColumns(ca), keyAlgorithm: ca.key_algorithm as KeyAlgorithm };
}

/** Those of the creation, unless the activation names others. */
function keyUsagesOf(ca: CertificateAuthority, body: ActivateAuthorityBody): readonly KeyUsage[] {
  if (body.key_usages !== undefined && body.key_usages.length > 0) return caKeyUsages(body.key_usages);
  return ca.key_usages === null ? caKeyUsages(undefined) : (JSON.parse(ca.key_usages) as KeyUsage[]);
}

/** A key that exists stays where it is. */
function clusterOf(
  ports: AuthorityPorts,
  actor: Actor,
  ca: CertificateAuthority,
  keyAlgorithm: KeyAlgorithm,
  { hsm_cluster_info: sent }: ActivateAuthorityBody,
): string | undefined {
  const requested = requestedCluster(ports, actor, sent, keyAlgorithm);
  const current = ca.hsm_cluster_id ?? undefined;
  if (ca.key_id === null) return requested;
  if (requested === undefined || requested === current) return current;
  throw pcaError(
    'PCA.00020001',
    'hsm_cluster_info names another place than where the key of this CA is; leave it out.',
  );
}

async function keyOf(
  { keyStore }: AuthorityPorts,
  ca: CertificateAuthority,
  keyAlgorithm: KeyAlgorithm,
  clusterId: string | undefined,
): Promise<{ unsaved: UnsavedKey | undefined; signer: Signer }> {
  const owner = { accountId: ca.account_id, purpose: 'pca' } as const;
  if (ca.key_id !== null) return { unsaved: undefined, signer: await keyStore.signer(owner, ca.key_id) };
  const unsaved = await keyStore.generate(owner, keyAlgorithm, clusterId);
  return { unsaved, signer: unsaved.signer };
}
