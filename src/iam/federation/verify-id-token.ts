import { verify } from 'node:crypto';
import { type OidcConfig, parseSigningKeys, type VerificationKey } from './oidc-config.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Clocks of providers may differ from ours. */
const skewSeconds = 60;

/**
 * The claims of an id token (OpenID Connect Core 1.0 §3.1.3.7) that the provider signed for this client and that is valid now;
 * undefined for any other. Only the algorithm of a configured key is accepted, so `none` and HMAC are not (RFC 8725 §3.1).
 */
export function verifyIdToken(
  token: string,
  config: Pick<OidcConfig, 'idp_url' | 'client_id' | 'signing_key'>,
  nowMs: number,
): Claims | undefined {
  const [encodedHeader, encodedClaims, encodedSignature, ...more] = token.split('.');
  if (!encodedHeader || !encodedClaims || !encodedSignature || more.length > 0) return undefined;
  const header = parseObject(encodedHeader);
  const claims = parseObject(encodedClaims);
  if (!header || !claims || header.crit !== undefined) return undefined;

  const signed = Buffer.from(`${encodedHeader}.${encodedClaims}`, 'ascii');
  const signature = Buffer.from(encodedSignature, 'base64url');
  const keys = parseSigningKeys(config.signing_key).filter(
    (key) => key.algorithm === header.alg && (header.kid === undefined || key.keyId === header.kid),
  );
  if (!keys.some((key) => isSignedBy(key, signed, signature))) return undefined;
  return isForUs(claims, config) && isValidNow(claims, nowMs / 1000) ? claims : undefined;
}

function isSignedBy({ publicKey, algorithm }: VerificationKey, signed: Buffer, signature: Buffer): boolean {
  switch (algorithm) {
    case 'RS256':
      return verify('sha256', signed, publicKey, signature);
    case 'ES256':
      // RFC 7518 §3.4: R and S, not the DER structure.
      return verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  }
}

function isForUs(claims: Claims, config: Pick<OidcConfig, 'idp_url' | 'client_id'>): boolean {
  if (claims.iss !== config.idp_url || typeof claims.sub !== 'string' || claims.sub === '') return false;
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (!audiences.includes(config.client_id)) return false;
  // A token for several parties must say that it was made for us.
  return audiences.length === 1 && claims.azp === undefined ? true : claims.azp === config.client_id;
}

function isValidNow(claims: Claims, nowSeconds: number): boolean {
  const { exp, nbf, iat } = claims;
  if (typeof exp !== 'number' || nowSeconds >= exp + skewSeconds) return false;
  if (typeof iat !== 'number' || iat > nowSeconds + skewSeconds) return false;
  return nbf === undefined || (typeof nbf === 'number' && nbf <= nowSeconds + skewSeconds);
}

function parseObject(encoded: string): Claims | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}
