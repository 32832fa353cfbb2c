import { encodePem, mostPemLines, occursMoreThan } from '../pki/index.ts';

/** The API's newlines are CRLF, and nothing follows the last line (reference 4.2.1.7, 4.2.1.10). */
export function apiPem(label: 'CERTIFICATE' | 'CERTIFICATE REQUEST', der: Uint8Array): string {
  return encodePem(label, der, '\r\n').trimEnd();
}

/** Certificates one below the other; null for none. */
export function apiPemChain(certificates: readonly Uint8Array[]): string | null {
  return certificates.length === 0
    ? null
    : certificates.map((certificate) => apiPem('CERTIFICATE', certificate)).join('\r\n');
}

/**
 * PEM as clients send it, with real newlines. Some examples of the reference write `\\n` into the JSON, so what arrives is a
 * backslash and a letter; neither occurs in PEM otherwise.
 */
export function withRealNewlines(text: string): string {
  // With more it is refused as it stands: no PEM has so many lines, each of which has at most two.
  if (!text.includes('\\') || occursMoreThan(text, '\\', 2 * mostPemLines)) return text;
  return text.replaceAll('\\r', '').replaceAll('\\n', '\n');
}
