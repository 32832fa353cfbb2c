import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { badRequest } from '../errors.ts';

/** OpenID Connect configuration of an identity provider, in the vendor's words. Keys are configured, not fetched. */
export interface OidcConfig {
  readonly access_mode: 'program' | 'program_console';
  /** `iss` of its tokens. */
  readonly idp_url: string;
  /** `aud` of its tokens. */
  readonly client_id: string;
  /** A JSON Web Key Set (RFC 7517) as text. */
  readonly signing_key: string;
  readonly authorization_endpoint: string;
  readonly scope: string;
  readonly response_type: string;
  readonly response_mode: string;
}

export interface VerificationKey {
  readonly keyId: string | undefined;
  readonly algorithm: 'RS256' | 'ES256';
  readonly publicKey: KeyObject;
}

type JsonWebKey = webcrypto.JsonWebKey;

/** The keys for RS256 and ES256; 400 if the set cannot be read, has none of them, or has secrets in it. */
export function parseSigningKeys(signingKey: string): VerificationKey[] {
  const set = parseSet(signingKey);
  const keys = set.flatMap((jwk) => {
    if (typeof jwk !== 'object' || jwk === null) throw refusal('has an entry that is not a key');
    const key = jwk as JsonWebKey & { kid?: unknown; use?: unknown };
    if (key.d !== undefined || key.k !== undefined)
      throw refusal('has private keys in it; configure the public ones');
    if (key.use !== undefined && key.use !== 'sig') return [];
    const algorithm = algorithmOf(key);
    if (!algorithm) return [];
    return [
      { keyId: typeof key.kid === 'string' ? key.kid : undefined, algorithm, publicKey: importKey(key) },
    ];
  });
  if (keys.length === 0) throw refusal('has no RSA or P-256 key for signatures');
  return keys;
}

function parseSet(text: string): unknown[] {
  try {
    const set = JSON.parse(text) as { keys?: unknown };
    if (Array.isArray(set?.keys)) return set.keys;
  } catch {
    // Answered below, like a set without keys.
  }
  throw refusal('must be a JSON Web Key Set: {"keys": [...]}');
}

function algorithmOf(key: JsonWebKey): VerificationKey['algorithm'] | undefined {
  if (key.kty === 'RSA') return 'RS256';
  return key.kty === 'EC' && key.crv === 'P-256' ? 'ES256' : undefined;
}

function importKey(key: JsonWebKey): KeyObject {
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key, format: 'jwk' });
  } catch {
    throw refusal('has a key that cannot be read');
  }
  // RFC 7518 §3.3: a key of size 2048 bits or larger MUST be used.
  if ((publicKey.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048)
    throw refusal('has an RSA key below 2048 bits');
  return publicKey;
}

function refusal(why: string) {
  return badRequest(`openid_connect_config.signing_key ${why}.`);
}
