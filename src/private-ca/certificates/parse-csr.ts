import { type CertificationRequest, describeSignatureAlgorithm, encodePem } from '../../pki/index.ts';
import { columnsOfWholeName, type DistinguishedNameInfo, toInfo } from '../distinguished-name.ts';
import { readCertificationRequest, requirePossession } from './certification-request.ts';

export interface ParsedCsr {
  /** The name alone, without length: RSA, EC, SM2. */
  readonly key_algorithm: string;
  /** Bits. */
  readonly key_algorithm_length: number;
  /** Java's name: SHA256withRSA. */
  readonly signature_algorithm: string;
  /** PEM with CRLF, also at its end (reference 4.2.2.4). */
  readonly public_key: string;
  readonly distinguished_name: DistinguishedNameInfo;
}

/** What a CSR says, after its signature was checked. Throws PCA.00020401. */
export async function parseCsrText(text: string): Promise<ParsedCsr> {
  const csr: CertificationRequest = readCertificationRequest(text);
  await requirePossession(csr);
  return {
    key_algorithm: csr.publicKey.kind,
    key_algorithm_length: csr.publicKey.bits,
    // Known, or it could not have been verified.
    signature_algorithm: describeSignatureAlgorithm(csr.signatureAlgorithm!),
    public_key: encodePem('PUBLIC KEY', csr.spki, '\r\n'),
    distinguished_name: toInfo(columnsOfWholeName(csr.subject)),
  };
}
