import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { familyOf, type Key, requireUsable, requireUsage } from '../key.ts';
import { keySpecs, type SigningAlgorithm } from '../key-spec.ts';
import type { RsaHash } from './rsa-digest-signature.ts';

/** How each algorithm works; `hash` is what a DIGEST must have been made with. */
export type Scheme =
  | { readonly kind: 'rsa-pss' | 'rsa-pkcs1'; readonly hash: RsaHash; readonly digestBytes: number }
  | { readonly kind: 'ecdsa'; readonly hash: RsaHash; readonly digestBytes: number }
  | { readonly kind: 'sm2'; readonly digestBytes: 32 }
  /** Signs messages only: there is no digest that could be made ahead. */
  | { readonly kind: 'whole-message' };

const schemes: Readonly<Partial<Record<SigningAlgorithm, Scheme>>> = {
  RSASSA_PSS_SHA_256: { kind: 'rsa-pss', hash: 'sha256', digestBytes: 32 },
  RSASSA_PSS_SHA_384: { kind: 'rsa-pss', hash: 'sha384', digestBytes: 48 },
  RSASSA_PSS_SHA_512: { kind: 'rsa-pss', hash: 'sha512', digestBytes: 64 },
  RSASSA_PKCS1_V1_5_SHA_256: { kind: 'rsa-pkcs1', hash: 'sha256', digestBytes: 32 },
  RSASSA_PKCS1_V1_5_SHA_384: { kind: 'rsa-pkcs1', hash: 'sha384', digestBytes: 48 },
  RSASSA_PKCS1_V1_5_SHA_512: { kind: 'rsa-pkcs1', hash: 'sha512', digestBytes: 64 },
  ECDSA_SHA_256: { kind: 'ecdsa', hash: 'sha256', digestBytes: 32 },
  ECDSA_SHA_384: { kind: 'ecdsa', hash: 'sha384', digestBytes: 48 },
  SM2DSA_SM3: { kind: 'sm2', digestBytes: 32 },
  ED25519_SHA_512: { kind: 'whole-message' },
  'ML-DSA-44': { kind: 'whole-message' },
  'ML-DSA-65': { kind: 'whole-message' },
  'ML-DSA-87': { kind: 'whole-message' },
};

const maxMessageBytes = 4095;

export interface SigningRequest {
  readonly algorithm: string;
  readonly message: Buffer;
  /** Undefined: DIGEST, but RAW for algorithms that sign messages only. */
  readonly messageType: 'DIGEST' | 'RAW' | undefined;
}

/** State, then spec, then usage. Throws KMS.0209 and its like, KMS.1115, KMS.0341, KMS.0334. */
export function requireSigningKey(context: KmsContext, key: Key): void {
  requireUsable(key, context.clock);
  const family = familyOf(key);
  if (family === 'symmetric') throw kmsError('KMS.1115', `The key_spec of the key is ${key.key_spec}.`);
  if (family === 'hmac') throw kmsError('KMS.0341', 'Use generate-mac and verify-mac.');
  requireUsage(key, 'SIGN_VERIFY', { ENCRYPT_DECRYPT: 'KMS.0334' });
}

/** Throws KMS.0332 for an algorithm that is not one of the key. */
export function requireScheme(key: Key, algorithm: string): Scheme {
  const { signingAlgorithms } = keySpecs[key.key_spec];
  const found = signingAlgorithms.find((own) => own === algorithm.replace(/^ML_DSA_/, 'ML-DSA-'));
  const scheme = found && schemes[found];
  if (scheme) return scheme;
  const offered = signingAlgorithms.filter((own) => schemes[own]).join(', ');
  throw kmsError('KMS.0332', `signing_algorithm of a ${key.key_spec} key must be one of ${offered}.`);
}

/** Which of the two the message is, its length checked. Throws KMS.0308 and KMS.0329. */
export function requireMessage(scheme: Scheme, { message, messageType }: SigningRequest): 'DIGEST' | 'RAW' {
  if (message.length === 0 || message.length > maxMessageBytes)
    throw kmsError('KMS.0308', `message must be Base64 of 1 to ${maxMessageBytes} bytes.`);
  if (scheme.kind === 'whole-message') {
    if (messageType === 'DIGEST') throw kmsError('KMS.0329', 'message_type must be RAW with this algorithm.');
    return 'RAW';
  }
  const type = messageType ?? 'DIGEST';
  if (type === 'DIGEST' && message.length !== scheme.digestBytes)
    throw kmsError('KMS.0329', `The digest must be ${scheme.digestBytes} bytes; it is ${message.length}.`);
  return type;
}
