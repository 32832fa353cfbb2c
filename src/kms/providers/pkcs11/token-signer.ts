import { createHash, type Hash } from 'node:crypto';
import {
  type KeyAlgorithm,
  keyKindOf,
  type SignatureAlgorithm,
  type Signer,
  UnsupportedAlgorithmError,
} from '../../../pki/index.ts';
import type { Token, TokenHash, TokenKeyPairAlgorithm } from './token.ts';

const tokenAlgorithms: Partial<Record<KeyAlgorithm, TokenKeyPairAlgorithm>> = {
  RSA2048: 'RSA2048',
  RSA3072: 'RSA3072',
  RSA4096: 'RSA4096',
  EC256: 'EC256',
  EC384: 'EC384',
  EC521: 'EC521',
};

/** Throws UnsupportedAlgorithmError for keys that tokens cannot hold here. */
export function tokenAlgorithmOf(algorithm: KeyAlgorithm): TokenKeyPairAlgorithm {
  const found = tokenAlgorithms[algorithm];
  if (!found) throw new UnsupportedAlgorithmError(`${algorithm} keys cannot be kept in an HSM`);
  return found;
}

function tokenHashOf(hash: SignatureAlgorithm['hash']): TokenHash {
  if (hash === 'SHA256' || hash === 'SHA384' || hash === 'SHA512') return hash;
  throw new UnsupportedAlgorithmError(`the HSM does not sign with ${hash ?? 'an algorithm without a hash'}`);
}

/** Signs certificates and CRLs with a key in the token: RSA by PKCS #1 v1.5, EC by ECDSA. Only the digest leaves this process. */
export function tokenSigner(
  token: Pick<Token, 'sign'>,
  keyName: string,
  keyAlgorithm: KeyAlgorithm,
  publicKeySpki: Uint8Array,
): Signer {
  const kind = keyKindOf(keyAlgorithm);
  const ownHash = ({ hash, keyKind, name }: SignatureAlgorithm): TokenHash => {
    if (keyKind === kind) return tokenHashOf(hash);
    throw new UnsupportedAlgorithmError(`a ${keyAlgorithm} key does not sign with ${name}`);
  };
  const signDigest = (hash: TokenHash, digest: Hash) =>
    token.sign(keyName, kind === 'RSA' ? 'RSA_PKCS1' : 'ECDSA', hash, digest.digest());
  return {
    keyAlgorithm,
    publicKeySpki,
    async sign(tbs, signatureAlgorithm) {
      const hash = ownHash(signatureAlgorithm);
      return signDigest(hash, createHash(hash).update(tbs));
    },
    async signPieces(pieces, signatureAlgorithm) {
      const hash = ownHash(signatureAlgorithm);
      const digest = createHash(hash);
      for await (const piece of pieces) digest.update(piece);
      return signDigest(hash, digest);
    },
  };
}
