import { der, derCursor, readDerAs, tags, toWholeBitString } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { decryptSm2, encryptSm2 } from './sm2-encryption.ts';
import { scalarOfPlaintext, sm2KeyPairOf, sm2KeyPairOfScalar, sm2Pkcs8, sm2PointOf } from './sm2-key-pair.ts';
import { decryptSm4, encryptSm4Ecb, sm4KeyLength } from './sm4.ts';

const maximumLength = 4096;

/**
 * SM2EnvelopedKey (GM/T 0009 §7.4) in DER: the SM2 key in PKCS #8 for the holder of the recipient's SM2 key. The
 * private key is encrypted by SM4-ECB without padding over its bare 32 bytes: the standard's private key is a number
 * of 256 bits, which is whole blocks, and open readers (gmsm) take just that. Throws MalformedError for other keys.
 */
export function encodeSm2EnvelopedKey(contents: {
  recipientPublicKeySpki: Uint8Array;
  privateKeyPkcs8: Uint8Array;
  randomBytes: (length: number) => Uint8Array;
}): Uint8Array {
  const { scalar, point } = sm2KeyPairOf(contents.privateKeyPkcs8);
  const key = contents.randomBytes(sm4KeyLength);
  return der.sequence(
    der.sequence(der.oid(oids.sm4Ecb)),
    encryptSm2(key, sm2PointOf(contents.recipientPublicKeySpki), contents.randomBytes),
    der.bitString(point),
    der.bitString(encryptSm4Ecb(scalar, key)),
  );
}

/**
 * The SM2 key (PKCS #8 in DER) in an SM2EnvelopedKey, opened by the recipient's SM2 key. Throws MalformedError, also
 * if the envelope is for another recipient or its private and public key do not belong together.
 */
export function openSm2EnvelopedKey(envelope: Uint8Array, recipientPrivateKeyPkcs8: Uint8Array): Uint8Array {
  if (envelope.length > maximumLength) throw new MalformedError('SM2EnvelopedKey: larger than 4 KiB');
  const cursor = derCursor(readDerAs(tags.sequence, envelope));
  const algorithm = cursor.take(tags.sequence);
  const encryptedKey = cursor.take(tags.sequence).raw;
  const point = toWholeBitString(cursor.take(tags.bitString));
  const encryptedScalar = toWholeBitString(cursor.take(tags.bitString));
  cursor.end();
  const key = decryptSm2(encryptedKey, sm2KeyPairOf(recipientPrivateKeyPkcs8).scalar);
  const keyPair = sm2KeyPairOfScalar(scalarOfPlaintext(decryptSm4(algorithm, encryptedScalar, key)));
  if (Buffer.compare(keyPair.point, point) !== 0) {
    throw new MalformedError('SM2EnvelopedKey: private and public key do not belong together');
  }
  return sm2Pkcs8(keyPair);
}
