import { StartRefused } from '../../platform/start-refused.ts';
import { type AuthorityIssuerPorts, createAuthorityIssuer } from './authority-issuer.ts';
import type { CertificateApplication, Issuer } from './issuer.ts';
import type { PrivateCaDefinition } from './issuer-configuration.ts';

/** Issues with private CAs of the applicants' accounts, or that are shared with them. Throws `StartRefused`. */
export function createPrivateCaIssuer(
  ports: AuthorityIssuerPorts,
  name: string,
  { accounts, ca_id: caId, ca_tag: tag, email_mailbox: mailbox = 'admin' }: PrivateCaDefinition,
): Issuer {
  if (caId === undefined && tag === undefined && accounts === undefined) {
    throw new StartRefused(`issuers.definitions.${name} needs ca_id, ca_tag or accounts`);
  }
  const byTag = async (accountId: string, isSm2: boolean) => {
    if (tag === undefined) return undefined;
    const found = await ports.serverCertificates.findTagged(accountId, tag);
    return found.find(({ keyAlgorithm }) => (keyAlgorithm === 'SM2') === isSm2)?.caId;
  };
  const authority = async ({ accountId }: CertificateApplication, isSm2: boolean) => {
    // From the narrowest to the widest.
    const found = accounts?.[accountId] ?? (await byTag(accountId, isSm2)) ?? caId;
    if (found === undefined) return 'The account has no private CA that issues this certificate.';
    return { accountId, caId: found };
  };
  return createAuthorityIssuer(ports, { mailbox, withUnit: true, policies: () => [], authority });
}
