import type { UnsavedKey } from '../../kms/key-store.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import type { BoundName } from '../csrs/bound-name.ts';
import { generateRequest, keyOwner, readRequest } from '../csrs/certification-request.ts';
import { findCsrWithKey } from '../csrs/csr-store.ts';
import { type KeyAlgorithmName, keyAlgorithmOf } from '../csrs/key-algorithm.ts';
import { scmError } from '../errors.ts';
import { type Applicant, type ApplicationData, namesOrganization, organizationOf } from './application.ts';
import { readNames, requireBought, requireMatch, requirePublicAddress } from './application-names.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { findApplication } from './application-store.ts';

/** An application that keeps the rules, with its CSR; nothing of it is stored yet. */
export interface PreparedApplication {
  readonly data: ApplicationData;
  /** The primary one first. */
  readonly names: readonly BoundName[];
  readonly csrDer: Uint8Array;
  readonly keyAlgorithm: KeyAlgorithmName;
  /** Undefined where the applicant sent a CSR whose key is not here. */
  readonly key: UnsavedKey | undefined;
}

/** Whether who applies may have the key of a CSR that was made here: export would be another way to it. Time has nobody to ask. */
export type MayTakeKey = () => Promise<boolean>;

/**
 * To be called outside a transaction: it generates the key, and may ask the network of an IP address. Throws SCM.0005, SCM.0010 (not
 * bought here), SCM.0015, SCM.0017 (no issuer), SCM.0033, SCM.0034, SCM.0035, SCM.0036, SCM.0063, SCM.0108.
 */
export async function prepareApplication(
  ports: Pick<ApplicationPorts, 'database' | 'keyStore' | 'outbound' | 'issuers'>,
  certificate: SslCertificate,
  data: ApplicationData,
  mayTakeKey: MayTakeKey = async () => false,
): Promise<PreparedApplication> {
  const names = readNames(data.domain, data.sans);
  requireBought(certificate, names);
  requireOrganization(certificate.type, data.applicant);
  requireMethod(ports, certificate, data.method, names[0]!);
  await requirePublicAddress(ports, names[0]!);
  if (data.csr !== undefined) {
    const request = await readRequest(data.csr);
    requireMatch(request, names);
    const { der: csrDer } = request.csr;
    const key = await copyOfKnownKey(ports, certificate, csrDer, mayTakeKey);
    return { data, names, csrDer, keyAlgorithm: request.keyAlgorithm, key };
  }
  const organization = organizationOf(certificate.type, data.applicant);
  const { key, csrDer } = await generateRequest(ports, certificate.account_id, {
    names,
    keyAlgorithm: keyAlgorithmOf(data.keyAlgorithm),
    subject: organization && { ...organization, organization: organization.name },
  });
  return { data, names, csrDer, keyAlgorithm: data.keyAlgorithm, key };
}

/**
 * Who applies with a CSR that was made here finds its key in the certificate: a copy of its own, so that either may be deleted without
 * the other.
 */
async function copyOfKnownKey(
  { database, keyStore }: Pick<ApplicationPorts, 'database' | 'keyStore'>,
  { account_id: accountId, predecessor_id: predecessorId }: SslCertificate,
  csrDer: Uint8Array,
  mayTakeKey: MayTakeKey,
): Promise<UnsavedKey | undefined> {
  const former = predecessorId === null ? undefined : await findApplication(database, predecessorId);
  const isFormer = former !== undefined && Buffer.from(former.csr_der).equals(csrDer);
  const made = await findCsrWithKey(database, accountId, csrDer);
  const known = made && (await mayTakeKey()) ? made : isFormer ? former : undefined;
  if (!known?.key_id) return undefined;
  const pkcs8 = await keyStore.exportPrivateKey(keyOwner(accountId), known.key_id);
  try {
    return await keyStore.importPrivateKey(keyOwner(accountId), pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

const organizationFields = ['company_name', 'company_province', 'company_city', 'country'] as const;

function requireOrganization(type: string | null, applicant: Applicant): void {
  if (!namesOrganization(type)) return;
  const missing = organizationFields.find((field) => !applicant[field]);
  if (missing !== undefined)
    throw scmError('SCM.0005', `${missing} is mandatory for OV and EV certificates.`);
}

function requireMethod(
  { issuers }: Pick<ApplicationPorts, 'issuers'>,
  { brand, type }: SslCertificate,
  method: ApplicationData['method'],
  { kind }: BoundName,
): void {
  if ((kind === 'address') !== (method === 'FILE'))
    throw scmError(
      'SCM.0005',
      'domain_method FILE is for certificates of an IP address, which are verified by no other method.',
    );
  if (method === 'EMAIL' && !namesOrganization(type))
    throw scmError('SCM.0005', 'domain_method must be DNS for a DV certificate of a domain name.');
  const { issuer } = issuers.chosen(brand ?? '', type ?? '');
  if (!issuer.methods.includes(method))
    throw scmError(
      'SCM.0005',
      `domain_method must be one of ${issuer.methods.join(', ')} with the issuer of this brand and type.`,
    );
}
