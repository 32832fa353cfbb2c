import {
  constants,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { der, oids } from '../../pki/index.ts';

export type RsaHash = 'sha256' | 'sha384' | 'sha512';

function digestInfo(hash: RsaHash, digest: Uint8Array): Buffer {
  const algorithm = der.sequence(der.oid(oids[hash]), der.nullValue());
  return Buffer.from(der.sequence(algorithm, der.octetString(digest)));
}

/** RFC 8017 §8.2.1, from the DigestInfo on. */
export function signPkcs1Digest(privateKey: KeyObject, hash: RsaHash, digest: Uint8Array): Buffer {
  const key = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return privateEncrypt(key, digestInfo(hash, digest));
}

export function verifyPkcs1Digest(
  publicKey: KeyObject,
  hash: RsaHash,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== modulusBytes(publicKey)) return false;
  try {
    const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
    return publicDecrypt(key, signature).equals(digestInfo(hash, digest));
  } catch {
    return false;
  }
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil(modulusBits(key) / 8);
}

/** MGF1 (RFC 8017 §B.2.1). */
function mask(hash: RsaHash, seed: Uint8Array, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const block = Buffer.alloc(4);
    block.writeUInt32BE(counter);
    const part = createHash(hash).update(seed).update(block).digest();
    parts.push(part);
    made += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ right[index]!));
}

function hashOfMessage(hash: RsaHash, digest: Uint8Array, salt: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** Bits of the first byte that a number below the modulus has not. */
function unusedBits(key: KeyObject): number {
  return 8 * modulusBytes(key) - (modulusBits(key) - 1);
}

/** RFC 8017 §9.1.1 with a salt as long as the digest, then §5.2.1. The lengths here are whole bytes of the modulus. */
export function signPssDigest(privateKey: KeyObject, hash: RsaHash, digest: Uint8Array): Buffer {
  const salt = randomBytes(digest.length);
  const h = hashOfMessage(hash, digest, salt);
  const dbLength = modulusBytes(privateKey) - h.length - 1;
  const db = Buffer.concat([Buffer.alloc(dbLength - salt.length - 1), Buffer.of(1), salt]);
  const masked = xor(db, mask(hash, h, dbLength));
  masked[0]! &= 0xff >> unusedBits(privateKey);
  const encoded = Buffer.concat([masked, h, Buffer.of(0xbc)]);
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded);
}

/** RFC 8017 §9.1.2. */
export function verifyPssDigest(
  publicKey: KeyObject,
  hash: RsaHash,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const length = modulusBytes(publicKey);
  if (signature.length !== length) return false;
  const encoded = recover(publicKey, signature);
  if (encoded?.[length - 1] !== 0xbc) return false;
  const dbLength = length - digest.length - 1;
  const masked = encoded.subarray(0, dbLength);
  const h = encoded.subarray(dbLength, length - 1);
  const keep = 0xff >> unusedBits(publicKey);
  if ((masked[0]! & ~keep) !== 0) return false;
  const db = xor(masked, mask(hash, h, dbLength));
  db[0]! &= keep;
  const saltAt = dbLength - digest.length;
  if (db[saltAt - 1] !== 1 || !db.subarray(0, saltAt - 1).every((byte) => byte === 0)) return false;
  return timingSafeEqual(h, hashOfMessage(hash, digest, db.subarray(saltAt)));
}

function recover(publicKey: KeyObject, signature: Uint8Array): Buffer | undefined {
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
  } catch {
    // A number above the modulus.
    return undefined;
  }
}
