import { parseAlgorithmIdentifier, parseSignatureAlgorithm, type SignatureAlgorithm } from '../algorithms.ts';
import { type DerValue, derCursor, readDerAs, tags, toWholeBitString } from '../der/index.ts';
import { parsePublicKey } from '../keys/public-key.ts';
import { UnsupportedAlgorithmError } from '../malformed-error.ts';

/** What certificates, requests and CRLs have in common: something that is signed, the algorithm, the signature. */
export type SignedStructure = {
  /** DER that the signature covers. */
  readonly tbs: Uint8Array;
  /** Undefined for an algorithm that is not supported. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signatureAlgorithmOid: string;
  readonly signature: Uint8Array;
};

/** Reads SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }. Throws MalformedError. */
export function readSignedStructure(bytes: Uint8Array): SignedStructure & {
  tbsValue: DerValue;
  algorithmIdentifier: DerValue;
} {
  const cursor = derCursor(readDerAs(tags.sequence, bytes));
  const tbsValue = cursor.take(tags.sequence);
  const algorithmIdentifier = cursor.take(tags.sequence);
  const signature = toWholeBitString(cursor.take(tags.bitString));
  cursor.end();
  return {
    tbs: tbsValue.raw,
    tbsValue,
    algorithmIdentifier,
    signatureAlgorithm: parseSignatureAlgorithm(algorithmIdentifier),
    signatureAlgorithmOid: parseAlgorithmIdentifier(algorithmIdentifier).oid,
    signature,
  };
}

/**
 * Whether the signature was made with the key of a DER SubjectPublicKeyInfo. Throws UnsupportedAlgorithmError for
 * algorithms that are not supported and MalformedError for a bad key.
 */
export async function verifyStructure(signed: SignedStructure, spki: Uint8Array): Promise<boolean> {
  if (signed.signatureAlgorithm === undefined) {
    throw new UnsupportedAlgorithmError(`signature algorithm ${signed.signatureAlgorithmOid} not supported`);
  }
  return parsePublicKey(spki).verify(signed.tbs, signed.signature, signed.signatureAlgorithm);
}
