import type { SignatureAlgorithm } from '../algorithms.ts';
import type { Signer } from './signer.ts';

/**
 * Signature over octets that come in pieces. RSA, ECDSA and SM2 sign a hash, so each piece is hashed and let go. Ed25519
 * (RFC 8032 §5.1.6 reads the message twice) and ML-DSA (Node takes no externally computed hash) get the whole message in
 * memory, as does a signer that has no `signPieces`.
 */
export async function signPieces(
  signer: Signer,
  pieces: AsyncIterable<Uint8Array>,
  algorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  if (algorithm.hash !== undefined && signer.signPieces !== undefined) {
    return signer.signPieces(pieces, algorithm);
  }
  const message: Uint8Array[] = [];
  for await (const piece of pieces) message.push(piece);
  return signer.sign(Buffer.concat(message), algorithm);
}
