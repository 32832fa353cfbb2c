import { parseCertificate } from '../../pki/index.ts';

/** Whether a certificate is for a host name. RFC 9525 §6.3: a wildcard stands for exactly one whole label. */
export function coversName(certificateNames: readonly string[], hostName: string): boolean {
  const host = hostName.toLowerCase().replace(/\.$/, '');
  return certificateNames.some((each) => {
    const name = each.toLowerCase();
    if (name === host) return true;
    // An accelerated domain may be a wildcard itself, and is covered by the same wildcard only.
    if (!name.startsWith('*.') || host.startsWith('*.')) return false;
    const firstDot = host.indexOf('.');
    return firstDot > 0 && host.slice(firstDot) === name.slice(1);
  });
}

/** The DNS names of a certificate (DER); RFC 9525 §2: those of the alternative names, never the common name. */
export function dnsNamesOf(certificateDer: Uint8Array): readonly string[] {
  const names = parseCertificate(certificateDer).known.subjectAlternativeNames ?? [];
  return names.flatMap((name) => (name.type === 'DNS' ? [name.value] : []));
}
