import { signatureAlgorithmFor } from '../algorithms.ts';
import { der } from '../der/index.ts';
import type { Signer } from '../keys/signer.ts';
import { UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { encryptSm2 } from './sm2-encryption.ts';
import { sm2KeyPairOf, sm2PointOf } from './sm2-key-pair.ts';
import { encryptSm4Ecb, sm4KeyLength } from './sm4.ts';

/**
 * A ContentInfo of SignedAndEnvelopedData (GM/T 0010 §10) in DER: the SM2 key in PKCS #8 for the holder of the
 * recipient's SM2 certificate, signed by `signer`, whose certificate is enclosed.
 *
 * The standard leaves open how a private key becomes content. Certificate authorities that publish such envelopes
 * (gmcert.org, AnXin CA) agree: 64 bytes as in the device interfaces (GM/T 0018: 32 zeros, then the scalar), SM4 under
 * the identifier without a mode, meaning ECB without padding, identifiers without parameters. So it is here, since what
 * reads their files shall read ours. SM4-CBC was rejected: no such reader was found.
 *
 * Throws MalformedError for keys and certificates that are not SM2.
 */
export async function encodeSignedAndEnvelopedData(contents: {
  recipientCertificateDer: Uint8Array;
  privateKeyPkcs8: Uint8Array;
  signerCertificateDer: Uint8Array;
  signer: Signer;
  randomBytes: (length: number) => Uint8Array;
}): Promise<Uint8Array> {
  const { signer, randomBytes } = contents;
  if (signer.keyAlgorithm !== 'SM2') throw new UnsupportedAlgorithmError('the signer has no SM2 key');
  const { scalar } = sm2KeyPairOf(contents.privateKeyPkcs8);
  const content = Buffer.concat([new Uint8Array(32), scalar]);
  const key = randomBytes(sm4KeyLength);
  const signature = await signer.sign(content, signatureAlgorithmFor('SM2'));
  const signedAndEnvelopedData = der.sequence(
    der.integer(1),
    der.setOf([recipientInfo(contents.recipientCertificateDer, key, randomBytes)]),
    der.setOf([algorithm(oids.sm3)]),
    der.sequence(der.oid(oids.smData), algorithm(oids.sm4), der.implicit(0, encryptSm4Ecb(content, key))),
    der.implicit(0, contents.signerCertificateDer, true),
    der.setOf([signerInfo(contents.signerCertificateDer, signature)]),
  );
  return der.sequence(der.oid(oids.smSignedAndEnvelopedData), der.explicit(0, signedAndEnvelopedData));
}

function algorithm(oid: string): Uint8Array {
  return der.sequence(der.oid(oid));
}

// GM/T 0010 §9.2: the encrypted key is an SM2Cipher of GM/T 0009.
function recipientInfo(
  certificateDer: Uint8Array,
  key: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const { issuerAndSerialNumber, publicKeySpki } = certificateIdentity(certificateDer);
  const encryptedKey = encryptSm2(key, sm2PointOf(publicKeySpki), randomBytes);
  return der.sequence(
    der.integer(1),
    issuerAndSerialNumber,
    algorithm(oids.sm2Encryption),
    der.octetString(encryptedKey),
  );
}

// GM/T 0010 §8.2, without attributes: this type has none, the signature is over the content itself.
function signerInfo(certificateDer: Uint8Array, signature: Uint8Array): Uint8Array {
  return der.sequence(
    der.integer(1),
    certificateIdentity(certificateDer).issuerAndSerialNumber,
    algorithm(oids.sm3),
    algorithm(oids.sm2PublicKey),
    der.octetString(signature),
  );
}
