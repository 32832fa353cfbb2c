import { type Certificate, describeSignatureAlgorithm } from '../../pki/index.ts';

/** Algorithms that nothing here signs with and certificates from elsewhere have (RFC 8017 appendix C, RFC 3279 §2.2, RFC 8410 §3). */
const others: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5WITHRSA',
  '1.2.840.113549.1.1.5': 'SHA1WITHRSA',
  '1.2.840.113549.1.1.10': 'RSASSA-PSS',
  '1.2.840.113549.1.1.14': 'SHA224WITHRSA',
  '1.2.840.10045.4.1': 'SHA1WITHECDSA',
  '1.2.840.10045.4.3.1': 'SHA224WITHECDSA',
  '1.3.101.113': 'ED448',
};

/** As the reference's example has it: SHA256WITHRSA. The object identifier of what has no name here. */
export function signatureAlgorithmName({
  signatureAlgorithm,
  signatureAlgorithmOid,
}: Pick<Certificate, 'signatureAlgorithm' | 'signatureAlgorithmOid'>): string {
  if (signatureAlgorithm) return describeSignatureAlgorithm(signatureAlgorithm).toUpperCase();
  return others[signatureAlgorithmOid] ?? signatureAlgorithmOid;
}
