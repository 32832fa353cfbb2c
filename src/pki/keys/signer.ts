import type { KeyAlgorithm, SignatureAlgorithm } from '../algorithms.ts';
import { UnsupportedAlgorithmError } from '../malformed-error.ts';
import { signPiecesWithNode, signWithNode } from './node-signature.ts';
import { importPrivateKey, spkiOf } from './private-key.ts';
import { parsePublicKey } from './public-key.ts';
import { signSm2, signSm2Pieces } from './sm2-signature.ts';
import { sm2ScalarOf } from './traditional-key.ts';

/** Something that signs with one private key: in memory here, in a hardware module elsewhere. */
export type Signer = {
  readonly keyAlgorithm: KeyAlgorithm;
  /** DER SubjectPublicKeyInfo of the signing key. */
  readonly publicKeySpki: Uint8Array;
  /**
   * Signature over `tbs` in the form certificates carry it (ECDSA and SM2: DER). Rejects with
   * UnsupportedAlgorithmError when the algorithm is not one of this key.
   */
  sign(tbs: Uint8Array, signatureAlgorithm: SignatureAlgorithm): Promise<Uint8Array>;
  /** As `sign`, over pieces that are hashed one by one, for algorithms with a hash. Use it through `signPieces`. */
  signPieces?(pieces: AsyncIterable<Uint8Array>, signatureAlgorithm: SignatureAlgorithm): Promise<Uint8Array>;
};

/**
 * Signer of a DER PKCS#8 private key, which is read once: keep the signer to sign often. Signing runs on libuv's
 * thread pool, but for P-256 and SM2. Throws MalformedError for malformed, weak or unsupported keys.
 */
export function signerFromPkcs8(pkcs8: Uint8Array): Signer {
  const key = importPrivateKey(pkcs8);
  const publicKey = parsePublicKey(spkiOf(key));
  const { kind, algorithm, keyBits, spki } = publicKey;
  if (algorithm === undefined)
    throw new UnsupportedAlgorithmError(`RSA keys of ${publicKey.bits} bits do not sign here`);
  // Exported again, so that a caller may wipe the bytes it gave.
  const sm2Scalar = kind === 'SM2' ? sm2ScalarOf(key.export({ format: 'der', type: 'pkcs8' })) : undefined;
  const requireOwn = (signatureAlgorithm: SignatureAlgorithm) => {
    if (signatureAlgorithm.keyKind === kind) return;
    throw new UnsupportedAlgorithmError(`a ${algorithm} key does not sign with ${signatureAlgorithm.name}`);
  };
  return {
    keyAlgorithm: algorithm,
    publicKeySpki: spki,
    async sign(tbs, signatureAlgorithm) {
      requireOwn(signatureAlgorithm);
      if (sm2Scalar !== undefined) return signSm2(tbs, sm2Scalar, keyBits);
      return signWithNode(tbs, signatureAlgorithm, key);
    },
    async signPieces(pieces, signatureAlgorithm) {
      requireOwn(signatureAlgorithm);
      if (sm2Scalar !== undefined) return signSm2Pieces(pieces, sm2Scalar, keyBits);
      return signPiecesWithNode(pieces, signatureAlgorithm, key);
    },
  };
}
