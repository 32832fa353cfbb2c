import { createHash, type Hash } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';
import { der, derCursor, readDerAs, tags, toBigInt } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';

// GB/T 32918.5: the curve's coefficients and base point, which Z covers.
const curveOctets = Buffer.from(
  'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' +
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93' +
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  'hex',
);
const curveOrder = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;

// GM/T 0009 §7: the identifier to use where none is agreed, as in certificates.
const distinguishingId = Buffer.from('1234567812345678', 'latin1');
const distinguishingIdBits = Buffer.from([0, distinguishingId.length * 8]);

/** What hashes to e = SM3(Z || data), where Z = SM3(ENTL || ID || a || b || G || public key): GB/T 32918.2 §5.5 and §6.1. */
function sm2Hash(point: Uint8Array): Hash {
  const z = createHash('sm3')
    .update(distinguishingIdBits)
    .update(distinguishingId)
    .update(curveOctets)
    .update(point.subarray(1))
    .digest();
  return createHash('sm3').update(z);
}

function sm2Digest(data: Uint8Array, point: Uint8Array): Uint8Array {
  return sm2Hash(point).update(data).digest();
}

/**
 * SM2 signature with SM3 as a DER SEQUENCE of r and s. `privateKey` is the 32-octet scalar, `point` the uncompressed
 * public key. Runs on the calling thread (0.4 ms): Node offers SM2 with an empty identifier only.
 */
export function signSm2(data: Uint8Array, privateKey: Uint8Array, point: Uint8Array): Uint8Array {
  return signDigest(sm2Digest(data, point), privateKey);
}

/** As `signSm2`, over data that comes in pieces. */
export async function signSm2Pieces(
  pieces: AsyncIterable<Uint8Array>,
  privateKey: Uint8Array,
  point: Uint8Array,
): Promise<Uint8Array> {
  const hash = sm2Hash(point);
  for await (const piece of pieces) hash.update(piece);
  return signDigest(hash.digest(), privateKey);
}

function signDigest(digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const scalar = Buffer.from(privateKey).toString('hex');
  const rs = Buffer.from(sm2.doSignature(digest, scalar, { hash: false }), 'hex');
  return der.sequence(der.integer(rs.subarray(0, 32)), der.integer(rs.subarray(32)));
}

function readSignature(signature: Uint8Array): { r: bigint; s: bigint } | undefined {
  try {
    const cursor = derCursor(readDerAs(tags.sequence, signature));
    const r = toBigInt(cursor.take(tags.integer));
    const s = toBigInt(cursor.take(tags.integer));
    cursor.end();
    // GB/T 32918.2 §7.1 B1, B2; the library checks neither range.
    return r >= 1n && r < curveOrder && s >= 1n && s < curveOrder ? { r, s } : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Whether a DER SM2 signature holds for the data and the uncompressed public key, which must be on the curve. */
export function verifySm2(data: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  const parts = readSignature(signature);
  if (parts === undefined) return false;
  const rs = parts.r.toString(16).padStart(64, '0') + parts.s.toString(16).padStart(64, '0');
  return sm2.doVerifySignature(sm2Digest(data, point), rs, Buffer.from(point).toString('hex'), {
    hash: false,
  });
}
