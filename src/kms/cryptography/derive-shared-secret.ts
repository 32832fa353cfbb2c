import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { derCursor, oids, readDerAs, tags, toOid } from '../../pki/index.ts';
import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { type Key, requireUsable, requireUsage } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { curves, multiply, readPoint, toBytes, toInteger } from './curve.ts';
import { pairOf } from './encryption-key.ts';
import { sm2Point, sm2Scalar } from './sm2-key-octets.ts';

export interface DeriveSharedSecret {
  readonly keyId: string;
  /** DER SubjectPublicKeyInfo of the other side. */
  readonly publicKeySpki: Buffer;
  /** Of an enclave that is to get the secret; there is none that this installation could check. */
  readonly attestationDocument: string | undefined;
}

const curveOids: Readonly<Partial<Record<Key['key_spec'], string>>> = {
  EC_P256: oids.prime256v1,
  EC_P384: oids.secp384r1,
  SECP256K1: '1.3.132.0.10',
  SM2: oids.sm2Curve,
};

/** OpenSSL checks that the point is on its curve, so no small subgroup or other curve gets at the private key. */
function readPublicKey(key: Key, spki: Buffer): KeyObject {
  const refused = kmsError(
    'KMS.0308',
    `public_key must be the Base64 DER of a key on the curve of ${key.key_spec}.`,
  );
  try {
    const algorithm = derCursor(derCursor(readDerAs(tags.sequence, spki)).take(tags.sequence));
    const isEc = toOid(algorithm.take(tags.oid)) === oids.ecPublicKey;
    if (!isEc || toOid(algorithm.take(tags.oid)) !== curveOids[key.key_spec]) throw refused;
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    throw refused;
  }
}

function agree(key: Key, privateKey: KeyObject, publicKey: KeyObject): Buffer {
  if (key.key_spec !== 'SM2') return diffieHellman({ privateKey, publicKey });
  // Node does not take SM2 keys here.
  const scalar = sm2Scalar(privateKey);
  const { x } = multiply(curves.SM2, toInteger(scalar), readPoint(curves.SM2, sm2Point(publicKey)));
  scalar.fill(0);
  return toBytes(x, curves.SM2.bytes);
}

/** ECDH (SP 800-56A §5.7.1.2): the x coordinate. */
export async function deriveSharedSecret(
  context: KmsContext,
  caller: Caller,
  { keyId, publicKeySpki, attestationDocument }: DeriveSharedSecret,
): Promise<{ keyId: string; sharedSecret: Buffer }> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'deriveSharedSecret' });
  // Answering with the plain secret would give it to whom it was not meant for.
  if (attestationDocument !== undefined)
    throw kmsError('KMS.3804', 'Enclaves are not supported; leave recipient out.');
  requireUsable(key, context.clock);
  requireUsage(key, 'KEY_AGREEMENT', {
    SIGN_VERIFY: 'KMS.0335',
    ENCRYPT_DECRYPT: 'KMS.0334',
    GENERATE_VERIFY_MAC: 'KMS.0341',
  });
  const publicKey = readPublicKey(key, publicKeySpki);
  const { privateKey } = await pairOf(context, key);
  return { keyId: key.key_id, sharedSecret: agree(key, privateKey, publicKey) };
}
