import { createHash, createHmac, hkdfSync } from 'node:crypto';

export type SignatureAlgorithm = 'SDK-HMAC-SHA256' | 'SDK-HMAC-SM3' | 'V11-HMAC-SHA256';

interface AlgorithmTraits {
  readonly digest: 'sha256' | 'sm3';
  /** Lower case, as Node presents header names. */
  readonly contentHashHeader: string;
  /** The part of the Authorization header that names the access key. */
  readonly keyField: 'Access' | 'Credential';
}

const traits: Readonly<Record<SignatureAlgorithm, AlgorithmTraits>> = {
  'SDK-HMAC-SHA256': { digest: 'sha256', contentHashHeader: 'x-sdk-content-sha256', keyField: 'Access' },
  'SDK-HMAC-SM3': { digest: 'sm3', contentHashHeader: 'x-sdk-content-sm3', keyField: 'Access' },
  'V11-HMAC-SHA256': { digest: 'sha256', contentHashHeader: 'x-sdk-content-sha256', keyField: 'Credential' },
};

export function algorithmTraits(algorithm: SignatureAlgorithm): AlgorithmTraits {
  return traits[algorithm];
}

export function findAlgorithm(name: string): SignatureAlgorithm | undefined {
  return Object.hasOwn(traits, name) ? (name as SignatureAlgorithm) : undefined;
}

export function hexDigest(algorithm: SignatureAlgorithm, data: Uint8Array | string): string {
  return createHash(traits[algorithm].digest).update(data).digest('hex');
}

/**
 * The scope is `<yyyyMMdd>/<region>/<service>` and belongs to V11 only: there the HMAC key is the hexadecimal text of a
 * derived key, in the others the secret itself.
 */
export function computeSignature(
  algorithm: SignatureAlgorithm,
  secret: string,
  accessKey: string,
  dateTime: string,
  scope: string | undefined,
  canonicalRequestHash: string,
): Buffer {
  const lines = [algorithm, dateTime];
  let key = secret;
  if (scope !== undefined) {
    lines.push(scope);
    key = Buffer.from(hkdfSync('sha256', secret, accessKey, scope, 32)).toString('hex');
  }
  lines.push(canonicalRequestHash);
  return createHmac(traits[algorithm].digest, key).update(lines.join('\n')).digest();
}
