import { createHash } from 'node:crypto';
import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import type { UnsavedKey } from '../../kms/key-store.ts';
import {
  type Certificate,
  MalformedError,
  publicKeyOfPkcs8,
  samePublicKey,
  UnsupportedAlgorithmError,
} from '../../pki/index.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { enterpriseProjectOfNew, namedEnterpriseProject } from '../enterprise-project.ts';
import { scmError } from '../errors.ts';
import { certificateLimit } from '../limits.ts';
import { accessRequest, permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { holdAccount } from './account-usage-store.ts';
import { hasSameCertificate, insertCertificate, type NewSslCertificate } from './certificate-store.ts';
import { type CertifiedNames, certifiedNames } from './certified-names.ts';
import {
  readSentCertificate,
  readSentChain,
  requireComplete,
  type SentCertificate,
} from './imported-certificate.ts';
import { blankCertificate } from './new-certificate.ts';
import { readPrivateKey } from './private-key-text.ts';
import { signatureAlgorithmName } from './signature-algorithm-name.ts';

type ImportPorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'keyStore' | 'clock'>;

export interface CertificateImport extends SentCertificate {
  readonly name: string;
  /** The reference's meaning: false refuses a certificate that is there already. */
  readonly duplicate_check?: boolean | undefined;
  readonly enterprise_project_id?: string | undefined;
}

interface Pair {
  readonly certificate: Certificate;
  readonly key: UnsavedKey;
}

/** Takes a certificate in that was issued elsewhere; answers its id. Throws AccessDenied and what reference 4.1.3.2 has codes for. */
export async function importCertificate(
  ports: ImportPorts,
  actor: Actor,
  sent: CertificateImport,
): Promise<string> {
  const { accountId } = actor;
  const enterpriseProjectId = namedEnterpriseProject(sent.enterprise_project_id) ?? '0';
  await ports.identity.authorize(actor, accessRequest('importCertificate', { enterpriseProjectId }));
  await enterpriseProjectOfNew(ports.identity, accountId, sent.enterprise_project_id);
  if (!/^[A-Za-z0-9_.-]{3,63}$/.test(sent.name))
    throw scmError('SCM.0032', 'name has to be 3 to 63 letters, digits, underscores, hyphens and periods.');
  requireComplete(sent);
  const read = readSentCertificate(sent);
  const main = await takePair(ports, accountId, read.certificate, sent.private_key, 'private_key');
  const names = certifiedNames(read.certificate);
  requireUnexpired(read.certificate, 'certificate', ports.clock.nowMs());
  const chain = await readSentChain(sent, read);
  const encryption = await readEncryptionPair(ports, accountId, sent, main);
  const imported = {
    ...importedColumns({ main, names, chain, encryption, nowMs: ports.clock.nowMs() }),
    account_id: accountId,
    enterprise_project_id: enterpriseProjectId,
    name: sent.name,
  };
  return storeImported(ports, actor, imported, {
    keys: encryption ? [main.key, encryption.key] : [main.key],
    mayBeThere: sent.duplicate_check !== false,
  });
}

async function storeImported(
  { database, identity, keyStore }: ImportPorts,
  actor: Actor,
  imported: NewSslCertificate & { readonly fingerprint: string; readonly certificate_der: Uint8Array },
  { keys, mayBeThere }: { readonly keys: readonly UnsavedKey[]; readonly mayBeThere: boolean },
): Promise<string> {
  const { accountId } = actor;
  return database.transaction(async (transaction) => {
    if (!mayBeThere) {
      await holdAccount(transaction, accountId);
      const { fingerprint, certificate_der: der } = imported;
      if (await hasSameCertificate(transaction, accountId, { fingerprint, der }))
        throw scmError('SCM.0005', 'duplicate_check is false, and the account has this certificate already.');
    }
    await requireRoom(transaction, accountId, certificateLimit);
    for (const key of keys) await keyStore.save(transaction, key);
    const certificateId = await insertCertificate(transaction, imported);
    await identity.recordAudit(transaction, actor, {
      action: permissions.importCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: imported.name,
      result: 'success',
    });
    return certificateId;
  });
}

/** The key of a certificate, not stored yet. Throws SCM.0006, SCM.0012, SCM.0014. */
async function takePair(
  { keyStore }: Pick<ImportPorts, 'keyStore'>,
  accountId: string,
  certificate: Certificate,
  keyText: string,
  field: string,
): Promise<Pair> {
  const pkcs8 = readPrivateKey(keyText, field, 'SCM.0012');
  try {
    if (!samePublicKey(publicKeyOfPkcs8(pkcs8), certificate.spki))
      throw scmError('SCM.0014', `${field} is another key than that of the certificate.`);
    return { certificate, key: await keyStore.importPrivateKey(keyOwner(accountId), pkcs8) };
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof UnsupportedAlgorithmError)) throw error;
    throw scmError('SCM.0012', `${field}: ${error.message}.`, { cause: error });
  } finally {
    pkcs8.fill(0);
  }
}

/** SM certificates come in pairs, one to sign and one to encrypt. Throws SCM.0005, SCM.0006, SCM.0012, SCM.0014, SCM.0042. */
async function readEncryptionPair(
  ports: ImportPorts,
  accountId: string,
  sent: SentCertificate,
  { key }: Pair,
): Promise<Pair | undefined> {
  const isSm = key.algorithm === 'SM2';
  if (isSm !== Boolean(sent.enc_certificate))
    throw scmError(
      'SCM.0005',
      isSm
        ? 'enc_certificate and enc_private_key are mandatory for an SM certificate.'
        : 'enc_certificate is for SM certificates only.',
    );
  if (!sent.enc_certificate) return undefined;
  const { certificate } = readSentCertificate({ ...sent, certificate: sent.enc_certificate });
  const keyText = sent.enc_private_key ?? '';
  const pair = await takePair(ports, accountId, certificate, keyText, 'enc_private_key');
  if (pair.key.algorithm !== 'SM2')
    throw scmError('SCM.0005', 'enc_certificate has to have an SM2 key, as certificate does.');
  requireUnexpired(certificate, 'enc_certificate', ports.clock.nowMs());
  return pair;
}

function requireUnexpired({ notAfterMs }: Certificate, field: string, nowMs: number): void {
  if (notAfterMs <= nowMs)
    throw scmError('SCM.0042', `${field} ended at ${new Date(notAfterMs).toISOString()}.`);
}

function importedColumns(from: {
  readonly main: Pair;
  readonly names: CertifiedNames;
  readonly chain: readonly Certificate[];
  readonly encryption: Pair | undefined;
  readonly nowMs: number;
}) {
  const { main, names, chain, encryption, nowMs } = from;
  const { certificate, key } = main;
  const isWildcard = (name: string) => name.startsWith('*.');
  const all = [names.domain, ...names.additional];
  return {
    ...blankCertificate,
    ...domainTypes(all.length, isWildcard(names.domain)),
    status: 'UPLOAD',
    domain: names.domain,
    sans: names.additional.join(';'),
    domain_count: all.length,
    wildcard_count: all.filter(isWildcard).length,
    created_at: nowMs,
    updated_at: nowMs,
    // When it was issued nothing says but this.
    issued_at: certificate.notBeforeMs,
    not_before: certificate.notBeforeMs,
    not_after: certificate.notAfterMs,
    fingerprint: createHash('sha1').update(certificate.der).digest('hex'),
    signature_algorithm: signatureAlgorithmName(certificate),
    key_algorithm: key.algorithm,
    certificate_der: certificate.der,
    chain_der: chain.length === 0 ? null : Buffer.concat(chain.map(({ der }) => der)),
    key_id: key.keyId,
    enc_certificate_der: encryption?.certificate.der ?? null,
    enc_key_id: encryption?.key.keyId ?? null,
  } as const;
}

function domainTypes(count: number, isWildcard: boolean) {
  if (count > 1)
    return {
      domain_type: 'MULTI_DOMAIN',
      primary_domain_type: isWildcard ? 'WILDCARD_DOMAIN' : 'SINGLE_DOMAIN',
    } as const;
  return { domain_type: isWildcard ? 'WILDCARD' : 'SINGLE_DOMAIN', primary_domain_type: null } as const;
}
