import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { KeySpec, KeyUsage } from '../key-spec.ts';
import {
  NotGenuine,
  type Token,
  TokenKeyMissing,
  type TokenKeyPairAlgorithm,
  TokenRefused,
  TokenUnavailable,
} from '../providers/pkcs11/index.ts';

/** How a version of a key is called in the token. */
export function tokenKeyName(keyId: string, version: number): string {
  return `kms ${keyId} ${version}`;
}

const signingPairs: Readonly<Partial<Record<KeySpec, TokenKeyPairAlgorithm>>> = {
  RSA_2048: 'RSA2048',
  RSA_3072: 'RSA3072',
  RSA_4096: 'RSA4096',
  EC_P256: 'EC256',
  EC_P384: 'EC384',
  SECP256K1: 'SECP256K1',
};

/** What a token makes for a key of this spec and usage. Throws KMS.0340 for what cannot stay in one. */
export function requireTokenKind(spec: KeySpec, usage: KeyUsage): 'AES' | TokenKeyPairAlgorithm {
  if (spec === 'AES_256') return 'AES';
  const pair = usage === 'SIGN_VERIFY' ? signingPairs[spec] : undefined;
  if (pair) return pair;
  const offered = Object.keys(signingPairs).join(', ');
  throw kmsError(
    'KMS.0340',
    `An HSM keeps AES_256, and for SIGN_VERIFY ${offered}; not ${spec} for ${usage}.`,
  );
}

function requireToken({ token }: KmsContext, clusterId: string): Token {
  if (token?.clusterId === clusterId) return token;
  throw kmsError('KMS.0104', `The HSM cluster ${clusterId} is not connected to this installation.`);
}

/**
 * Runs `work` with the cluster's token. A token that is away is KMS.0104, whatever was asked: nothing is ever done elsewhere
 * instead. Operators find the cause in the log.
 */
export async function withToken<Result>(
  context: KmsContext,
  clusterId: string,
  work: (token: Token) => Promise<Result>,
): Promise<Result> {
  const token = requireToken(context, clusterId);
  try {
    return await work(token);
  } catch (error) {
    if (error instanceof NotGenuine)
      throw kmsError('KMS.2201', 'It was changed, or the additional data are not those of the encryption.');
    if (error instanceof TokenRefused) throw kmsError('KMS.0340', 'The HSM does not support this operation.');
    if (!(error instanceof TokenUnavailable || error instanceof TokenKeyMissing)) throw error;
    context.log.error({ error, clusterId }, 'an HSM key could not be used');
    const missing = error instanceof TokenKeyMissing ? 'does not have the key any more' : 'is not available';
    throw kmsError('KMS.0104', `The HSM cluster ${clusterId} ${missing}.`);
  }
}
