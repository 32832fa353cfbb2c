import { type KeyUsage, keyUsageNames } from '../key-usage.ts';
import { isMlDsa } from '../signature-algorithm.ts';

/**
 * What a certificate may be used for when the request names nothing. RSA enciphers keys, EC agrees on them; the
 * signature certificate of an SM2 pair only signs, its encryption certificate does the rest; ML-DSA can only sign (RFC 9881 §5).
 */
export function defaultKeyUsages(keyAlgorithm: string): readonly KeyUsage[] {
  if (isMlDsa(keyAlgorithm)) return ['digitalSignature'];
  if (keyAlgorithm.startsWith('RSA')) return ['digitalSignature', 'keyEncipherment'];
  return keyAlgorithm === 'SM2'
    ? ['digitalSignature', 'nonRepudiation']
    : ['digitalSignature', 'keyAgreement'];
}

/** GM/T 0015: the encryption certificate of an SM2 pair. */
export const encryptionCertificateUsages: readonly KeyUsage[] = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
];

/** Why these usages cannot stand in a certificate that is not a CA's; undefined if they can. */
export function endEntityUsageProblem(usages: readonly KeyUsage[]): string | undefined {
  // RFC 5280 §4.2.1.9: without cA, the keyCertSign bit MUST NOT be asserted. Dropping it silently would issue something else than asked.
  if (usages.includes('keyCertSign')) {
    return 'holds keyCertSign, which only a CA certificate may have: create a subordinate CA, or leave it out';
  }
  const only = usages.find((usage) => usage === 'encipherOnly' || usage === 'decipherOnly');
  // RFC 5280 §4.2.1.3: the meaning of both is undefined in the absence of keyAgreement.
  if (only !== undefined && !usages.includes('keyAgreement')) {
    return `holds ${only}, which has a meaning only together with keyAgreement`;
  }
  return undefined;
}

/** The usages in the order of their bits, each once. */
export function orderedUsages(usages: readonly KeyUsage[]): readonly KeyUsage[] {
  return keyUsageNames.filter((usage) => usages.includes(usage));
}
