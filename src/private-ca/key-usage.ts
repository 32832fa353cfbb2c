/** RFC 5280 §4.2.1.3, in the order of the bits. */
export const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof keyUsageNames)[number];

/** Of every root CA, and of a subordinate CA that asks for nothing else (reference 4.2.1.2). */
export const defaultCaKeyUsages: readonly KeyUsage[] = ['digitalSignature', 'keyCertSign', 'cRLSign'];

/** What a subordinate CA asked for, each once, in the order of the bits; empty or absent is the default. */
export function caKeyUsages(sent: readonly KeyUsage[] | undefined): readonly KeyUsage[] {
  if (sent === undefined || sent.length === 0) return defaultCaKeyUsages;
  return keyUsageNames.filter((name) => sent.includes(name));
}
