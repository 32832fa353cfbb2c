import { constants, type KeyObject, sign as signMessage } from 'node:crypto';
import { signatureAlgorithmFor, signerFromPkcs8 } from '../../pki/index.ts';
import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { signInToken } from '../hsm-keys/hsm-signature.ts';
import type { Key } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { curves, toInteger } from './curve.ts';
import { signDigest } from './digest-signature.ts';
import { pairOf } from './encryption-key.ts';
import { signPkcs1Digest, signPssDigest } from './rsa-digest-signature.ts';
import {
  requireMessage,
  requireScheme,
  requireSigningKey,
  type Scheme,
  type SigningRequest,
} from './signing-algorithm.ts';
import { ecScalarOf, sm2Scalar } from './sm2-key-octets.ts';

const pss = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const;

/** On libuv's thread pool. */
function signOnThreadPool(
  hash: string | null,
  message: Buffer,
  key: Parameters<typeof signMessage>[2],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signMessage(hash, message, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

async function signRaw(scheme: Scheme, privateKey: KeyObject, message: Buffer): Promise<Buffer> {
  switch (scheme.kind) {
    case 'rsa-pss':
      return await signOnThreadPool(scheme.hash, message, { key: privateKey, ...pss });
    case 'rsa-pkcs1':
    case 'ecdsa':
      return await signOnThreadPool(scheme.hash, message, privateKey);
    case 'whole-message':
      return await signOnThreadPool(null, message, privateKey);
    case 'sm2': {
      // The digest of a message is SM3(Z || M) with the usual identifier, as in certificates.
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
      const signature = await signerFromPkcs8(pkcs8).sign(message, signatureAlgorithmFor('SM2'));
      pkcs8.fill(0);
      return Buffer.from(signature);
    }
  }
}

/** Scalars of busy keys; they go when their key objects do. */
const scalars = new WeakMap<KeyObject, bigint>();

function scalarOf(privateKey: KeyObject, spec: Key['key_spec']): bigint {
  const known = scalars.get(privateKey);
  if (known !== undefined) return known;
  const bytes = readScalar(privateKey, spec);
  const scalar = toInteger(bytes);
  bytes.fill(0);
  scalars.set(privateKey, scalar);
  return scalar;
}

function readScalar(privateKey: KeyObject, spec: Key['key_spec']): Buffer {
  if (spec === 'SM2') return sm2Scalar(privateKey);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const scalar = ecScalarOf(pkcs8);
  pkcs8.fill(0);
  return scalar;
}

function signOverDigest(scheme: Scheme, key: Key, privateKey: KeyObject, digest: Buffer): Buffer {
  switch (scheme.kind) {
    case 'rsa-pss':
      return signPssDigest(privateKey, scheme.hash, digest);
    case 'rsa-pkcs1':
      return signPkcs1Digest(privateKey, scheme.hash, digest);
    case 'ecdsa':
    case 'sm2': {
      const name = scheme.kind === 'sm2' ? 'SM2' : 'ECDSA';
      return signDigest(name, curveOf(key), scalarOf(privateKey, key.key_spec), digest);
    }
    case 'whole-message':
      throw new Error(`a ${key.key_spec} key signs no digests`);
  }
}

export function curveOf(key: Pick<Key, 'key_spec'>) {
  const spec = key.key_spec;
  if (spec === 'EC_P256' || spec === 'EC_P384' || spec === 'SECP256K1' || spec === 'SM2') return curves[spec];
  throw new Error(`${spec} is no elliptic curve`);
}

export interface Sign extends SigningRequest {
  readonly reference: string;
}

/** ECDSA and SM2: DER of two INTEGERs; RSA: as long as the modulus. */
export async function sign(
  context: KmsContext,
  caller: Caller,
  input: Sign,
): Promise<{ keyId: string; signature: Buffer }> {
  const key = await openKey(context, caller, { reference: input.reference, permission: 'sign' });
  requireSigningKey(context, key);
  const scheme = requireScheme(key, input.algorithm);
  const type = requireMessage(scheme, input);
  if (key.hsmClusterId !== null) {
    const signed = { type, message: input.message };
    return {
      keyId: key.key_id,
      signature: await signInToken(context, key, key.hsmClusterId, scheme, signed),
    };
  }
  const { privateKey } = await pairOf(context, key);
  const signature =
    type === 'RAW'
      ? await signRaw(scheme, privateKey, input.message)
      : signOverDigest(scheme, key, privateKey, input.message);
  return { keyId: key.key_id, signature };
}
