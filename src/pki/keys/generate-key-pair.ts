import { generateKeyPair as generateWithNode } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '../algorithms.ts';

/** A new key pair: DER PKCS#8 PrivateKeyInfo (wipe it after use) and DER SubjectPublicKeyInfo. */
export type KeyPair = { privateKeyPkcs8: Uint8Array; publicKeySpki: Uint8Array };

const generate = promisify(generateWithNode) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: Buffer; publicKey: Buffer }>;

const generators: Record<KeyAlgorithm, { type: string; options: object }> = {
  RSA2048: { type: 'rsa', options: { modulusLength: 2048 } },
  RSA3072: { type: 'rsa', options: { modulusLength: 3072 } },
  RSA4096: { type: 'rsa', options: { modulusLength: 4096 } },
  EC256: { type: 'ec', options: { namedCurve: 'P-256' } },
  EC384: { type: 'ec', options: { namedCurve: 'P-384' } },
  EC521: { type: 'ec', options: { namedCurve: 'P-521' } },
  SM2: { type: 'ec', options: { namedCurve: 'SM2' } },
  ED25519: { type: 'ed25519', options: {} },
  MLDSA44: { type: 'ml-dsa-44', options: {} },
  MLDSA65: { type: 'ml-dsa-65', options: {} },
  MLDSA87: { type: 'ml-dsa-87', options: {} },
};

/** Generates a key pair on libuv's thread pool (RSA4096 takes seconds of one thread, the others little). */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  const { type, options } = generators[algorithm];
  const { privateKey, publicKey } = await generate(type, {
    ...options,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return { privateKeyPkcs8: privateKey, publicKeySpki: publicKey };
}
