import { type Outbound, OutboundRefused } from '../../platform/outbound/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { type BoundName, readBoundNames, separatedNames } from '../csrs/bound-name.ts';
import type { ProvenRequest } from '../csrs/certification-request.ts';
import { scmError } from '../errors.ts';

/** The names of an application, the primary one first. Throws SCM.0063 (twice), SCM.0108 (format). */
export function readNames(domain: string, sans: string): BoundName[] {
  return readBoundNames([['domain', domain], ...separatedNames(sans).map((name) => ['sans', name] as const)]);
}

/** Whether the names are what was bought. Throws SCM.0015 for names of another kind, SCM.0036 for too many. */
export function requireBought(certificate: SslCertificate, names: readonly BoundName[]): void {
  const [primary, ...additional] = names;
  if (certificate.domain_type !== 'MULTI_DOMAIN' && additional.length > 0)
    throw scmError('SCM.0036', 'sans: only a certificate of MULTI_DOMAIN has additional names.');
  switch (certificate.domain_type) {
    case 'SINGLE_DOMAIN':
      requirePrimary(primary!, primary!.kind !== 'wildcard', 'must not be a wildcard name');
      break;
    case 'WILDCARD':
      requirePrimary(
        primary!,
        primary!.kind === 'wildcard',
        'must be a wildcard name, such as *.example.com',
      );
      break;
    case 'MULTI_DOMAIN':
      requireQuota(certificate, names);
      break;
    case null:
      throw scmError('SCM.0010', 'The certificate was not bought here, so it cannot be applied for.');
  }
}

function requirePrimary({ name }: BoundName, isRight: boolean, rule: string): void {
  if (!isRight) throw scmError('SCM.0015', `domain: ${name} ${rule}, as the certificate was bought.`);
}

function requireQuota(certificate: SslCertificate, names: readonly BoundName[]): void {
  const [primary] = names;
  const address = names.find(({ kind }) => kind === 'address');
  if (address)
    throw scmError('SCM.0015', `${address.name}: an IP address needs a certificate of SINGLE_DOMAIN.`);
  if (certificate.primary_domain_type === 'WILDCARD_DOMAIN')
    requirePrimary(primary!, primary!.kind === 'wildcard', 'must be a wildcard name');
  if (certificate.primary_domain_type === 'SINGLE_DOMAIN')
    requirePrimary(primary!, primary!.kind === 'domain', 'must not be a wildcard name');
  const wildcards = names.filter(({ kind }) => kind === 'wildcard').length;
  const bought = {
    wildcard: certificate.wildcard_count,
    single: certificate.domain_count - certificate.wildcard_count,
  };
  if (wildcards > bought.wildcard || names.length - wildcards > bought.single)
    throw scmError(
      'SCM.0036',
      `domain and sans have ${names.length - wildcards} single and ${wildcards} wildcard names; ${bought.single} and ${bought.wildcard} were bought.`,
    );
}

/** An IP address that no connection goes to is nobody's on the Internet. Throws SCM.0108. */
export async function requirePublicAddress(
  { outbound }: { readonly outbound: Pick<Outbound, 'addresses'> },
  { name, kind }: BoundName,
): Promise<void> {
  if (kind !== 'address') return;
  try {
    await outbound.addresses(name);
  } catch (error) {
    if (error instanceof OutboundRefused)
      throw scmError('SCM.0108', `domain: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * The CSR is for this certificate: it names the primary name, and its own primary name is among those that are applied for. Other names
 * in it count for nothing. Throws SCM.0035.
 */
export function requireMatch({ names: requested }: ProvenRequest, names: readonly BoundName[]): void {
  const [primary] = names;
  if (!requested.some(({ name }) => name === primary!.name))
    throw scmError('SCM.0035', `csr: it does not name ${primary!.name}.`);
  const [own] = requested;
  if (!names.some(({ name }) => name === own!.name))
    throw scmError('SCM.0035', `csr: it is for ${own!.name}, which is neither domain nor among sans.`);
}
