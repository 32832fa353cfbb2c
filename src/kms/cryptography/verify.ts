import { constants, type KeyObject, verify as verifyMessage } from 'node:crypto';
import { parsePublicKey, signatureAlgorithmFor } from '../../pki/index.ts';
import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import type { Key } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { verifyOnThread } from './digest-thread.ts';
import { publicKeyOf } from './encryption-key.ts';
import { verifyPkcs1Digest, verifyPssDigest } from './rsa-digest-signature.ts';
import { curveOf } from './sign.ts';
import {
  requireMessage,
  requireScheme,
  requireSigningKey,
  type Scheme,
  type SigningRequest,
} from './signing-algorithm.ts';

const pss = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const;

/** On libuv's thread pool; a signature that cannot be read is one that does not hold. */
function verifyOnThreadPool(
  hash: string | null,
  message: Buffer,
  key: Parameters<typeof verifyMessage>[2],
  signature: Buffer,
): Promise<boolean> {
  return new Promise((resolve) => {
    verifyMessage(hash, message, key, signature, (error, valid) => resolve(!error && valid));
  });
}

async function verifyRaw(
  scheme: Scheme,
  publicKey: KeyObject,
  message: Buffer,
  signature: Buffer,
): Promise<boolean> {
  switch (scheme.kind) {
    case 'rsa-pss':
      return await verifyOnThreadPool(scheme.hash, message, { key: publicKey, ...pss }, signature);
    case 'rsa-pkcs1':
    case 'ecdsa':
      return await verifyOnThreadPool(scheme.hash, message, publicKey, signature);
    case 'whole-message':
      return await verifyOnThreadPool(null, message, publicKey, signature);
    case 'sm2': {
      const spki = publicKey.export({ format: 'der', type: 'spki' });
      return await parsePublicKey(spki).verify(message, signature, signatureAlgorithmFor('SM2'));
    }
  }
}

async function verifyOverDigest(
  scheme: Scheme,
  key: Pick<Key, 'key_spec'>,
  publicKey: KeyObject,
  digest: Buffer,
  signature: Buffer,
): Promise<boolean> {
  switch (scheme.kind) {
    case 'rsa-pss':
      return verifyPssDigest(publicKey, scheme.hash, digest, signature);
    case 'rsa-pkcs1':
      return verifyPkcs1Digest(publicKey, scheme.hash, digest, signature);
    case 'ecdsa':
    case 'sm2': {
      const task = { operation: 'verify', curve: curveOf(key), digest, signature } as const;
      return await verifyOnThread(task, publicKey);
    }
    case 'whole-message':
      throw new Error(`a ${key.key_spec} key signs no digests`);
  }
}

export interface SignedMessage {
  readonly type: 'RAW' | 'DIGEST';
  readonly message: Buffer;
  readonly signature: Buffer;
}

/** False for whatever is no signature of the message with this scheme, malformed ones included. */
export async function isSignature(
  scheme: Scheme,
  key: Pick<Key, 'key_spec'>,
  publicKey: KeyObject,
  { type, message, signature }: SignedMessage,
): Promise<boolean> {
  return type === 'RAW'
    ? await verifyRaw(scheme, publicKey, message, signature)
    : await verifyOverDigest(scheme, key, publicKey, message, signature);
}

export interface Verify extends SigningRequest {
  readonly reference: string;
  readonly signature: Buffer;
}

/** With the public key; a wrong or malformed signature is an answer, not an error. */
export async function verify(
  context: KmsContext,
  caller: Caller,
  input: Verify,
): Promise<{ keyId: string; valid: boolean }> {
  const key = await openKey(context, caller, { reference: input.reference, permission: 'verify' });
  requireSigningKey(context, key);
  const scheme = requireScheme(key, input.algorithm);
  const type = requireMessage(scheme, input);
  const publicKey = await publicKeyOf(context, key);
  return { keyId: key.key_id, valid: await isSignature(scheme, key, publicKey, { ...input, type }) };
}
