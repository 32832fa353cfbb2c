import { generateKeyPair as generateWithNode } from 'node:crypto';
import type { KeyAlgorithm } from '../algorithms.ts';

/** A new key pair: DER PKCS#8 PrivateKeyInfo (wipe it after use) and DER SubjectPublicKeyInfo. */
export type KeyPair = { privateKeyPkcs8: Uint8Array; publicKeySpki: Uint8Array };

type Done = (error: Error | null, publicKey: Buffer, privateKey: Buffer) => void;

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

const rsa = (modulusLength: number) => (done: Done) =>
  generateWithNode('rsa', { modulusLength, ...encodings }, done);
const ec = (namedCurve: string) => (done: Done) => generateWithNode('ec', { namedCurve, ...encodings }, done);
const mlDsa = (type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87') => (done: Done) =>
  generateWithNode(type, encodings, done);

const generators: Record<KeyAlgorithm, (done: Done) => void> = {
  RSA2048: rsa(2048),
  RSA3072: rsa(3072),
  RSA4096: rsa(4096),
  EC256: ec('P-256'),
  EC384: ec('P-384'),
  EC521: ec('P-521'),
  SM2: ec('SM2'),
  ED25519: (done) => generateWithNode('ed25519', encodings, done),
  MLDSA44: mlDsa('ml-dsa-44'),
  MLDSA65: mlDsa('ml-dsa-65'),
  MLDSA87: mlDsa('ml-dsa-87'),
};

/** Generates a key pair on libuv's thread pool (RSA4096 takes seconds of one thread, the others little). */
export function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generators[algorithm]((error, publicKeySpki, privateKeyPkcs8) => {
      if (error) reject(error);
      else resolve({ privateKeyPkcs8, publicKeySpki });
    });
  });
}
