import { attributesOfName, type Certificate } from '../../pki/index.ts';
import { scmError } from '../errors.ts';

export interface CertifiedNames {
  readonly domain: string;
  /** Without `domain`. */
  readonly additional: readonly string[];
}

// What stands in a certificate is in use: unlike one to be bound, a name may have a single label, and the underscore of services.
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const hostName = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*\\.?$`);
const longestName = 253;

function hostNameOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  return hostName.test(lower) && lower.length <= longestName ? lower.replace(/\.$/, '') : undefined;
}

/**
 * The names of hosts that a certificate is for, in lower case: its common name, if that is one, and the alternative names. Throws
 * SCM.0009 if there are none, SCM.0070 for one that cannot be the name of a host.
 */
export function certifiedNames(certificate: Certificate): CertifiedNames {
  const { commonName } = attributesOfName(certificate.subject);
  const alternatives = (certificate.known.subjectAlternativeNames ?? []).flatMap((name) => {
    if (name.type === 'IP') return [name.value];
    if (name.type !== 'DNS') return [];
    const host = hostNameOf(name.value);
    if (host === undefined) throw scmError('SCM.0070', 'A DNS name of certificate is no name of a host.');
    return [host];
  });
  // RFC 6125 §6.4.4: the common name counts where there is nothing else; beside alternative names it may be a title.
  const common = commonName === undefined ? undefined : commonHost(commonName, alternatives);
  if (common === undefined && alternatives.length === 0) {
    if (commonName === undefined)
      throw scmError('SCM.0009', 'certificate has neither a common name nor an alternative name of a host.');
    throw scmError('SCM.0070', 'The common name of certificate is no name of a host.');
  }
  const [domain, ...additional] = new Set(common === undefined ? alternatives : [common, ...alternatives]);
  return { domain: domain!, additional };
}

function commonHost(commonName: string, alternatives: readonly string[]): string | undefined {
  return alternatives.includes(commonName) ? commonName : hostNameOf(commonName);
}
