import { parseAlgorithmIdentifier, signatureAlgorithmFor } from '../algorithms.ts';
import {
  children,
  contextTag,
  type DerCursor,
  type DerValue,
  derCursor,
  readDerAs,
  tags,
  toOid,
} from '../der/index.ts';
import { parsePublicKey } from '../keys/public-key.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { decryptSm2 } from './sm2-encryption.ts';
import { scalarOfPlaintext, sm2KeyPairOf, sm2KeyPairOfScalar, sm2Pkcs8 } from './sm2-key-pair.ts';
import { decryptSm4 } from './sm4.ts';

/** What was in the envelope. Whether the signer's certificate is one to trust is for the caller to decide. */
export type OpenedEnvelope = {
  /** The SM2 key, PKCS #8 in DER. */
  privateKeyPkcs8: Uint8Array;
  /** IssuerAndSerialNumber of the certificate the envelope is for, in DER. */
  recipient: Uint8Array;
  /** The certificate whose key signed the content. */
  signerCertificateDer: Uint8Array;
};

const maximumLength = 65_536;

/**
 * Opens SignedAndEnvelopedData (GM/T 0010 §10) by the recipient's SM2 key and verifies its one signature with the
 * enclosed certificate. Also without the outer ContentInfo, as some authorities write it. Throws MalformedError.
 */
export async function openSignedAndEnvelopedData(
  envelope: Uint8Array,
  recipientPrivateKeyPkcs8: Uint8Array,
): Promise<OpenedEnvelope> {
  if (envelope.length > maximumLength) throw new MalformedError('SignedAndEnvelopedData: larger than 64 KiB');
  const data = withoutContentInfo(readDerAs(tags.sequence, envelope));
  data.take(tags.integer);
  const recipientInfo = derCursor(only(data.take(tags.set)));
  data.take(tags.set);
  const contentInfo = derCursor(data.take(tags.sequence));
  const certificates = children(data.take(contextTag(0))).map((certificate) => certificate.raw);
  data.takeOptional(contextTag(1));
  const signerInfo = derCursor(only(data.take(tags.set)));
  data.end();

  const { recipient, encryptedKey } = readRecipientInfo(recipientInfo);
  const key = decryptSm2(encryptedKey, sm2KeyPairOf(recipientPrivateKeyPkcs8).scalar);
  contentInfo.take(tags.oid);
  const algorithm = contentInfo.take(tags.sequence);
  const content = decryptSm4(algorithm, contentInfo.take(contextTag(0, false)).value, key);
  const keyPair = sm2KeyPairOfScalar(scalarOfPlaintext(content));
  const signerCertificateDer = await verifySigner(signerInfo, certificates, content);
  return { privateKeyPkcs8: sm2Pkcs8(keyPair), recipient, signerCertificateDer };
}

function withoutContentInfo(value: DerValue): DerCursor {
  const cursor = derCursor(value);
  if (cursor.nextTag !== tags.oid) return cursor;
  if (toOid(cursor.take(tags.oid)) !== oids.smSignedAndEnvelopedData) {
    throw new MalformedError('not a SignedAndEnvelopedData of GM/T 0010');
  }
  const explicit = derCursor(cursor.take(contextTag(0)));
  cursor.end();
  const data = derCursor(explicit.take(tags.sequence));
  explicit.end();
  return data;
}

function only(set: DerValue): DerValue {
  const [first, ...others] = children(set);
  if (first === undefined || others.length > 0) {
    throw new MalformedError('SignedAndEnvelopedData: not one recipient and one signer');
  }
  return first;
}

function readRecipientInfo(cursor: DerCursor): { recipient: Uint8Array; encryptedKey: Uint8Array } {
  cursor.take(tags.integer);
  const recipient = new Uint8Array(cursor.take(tags.sequence).raw);
  const { oid } = parseAlgorithmIdentifier(cursor.take(tags.sequence));
  if (oid !== oids.sm2Encryption) throw new MalformedError('SignedAndEnvelopedData: not encrypted by SM2');
  const encryptedKey = cursor.take(tags.octetString).value;
  cursor.end();
  return { recipient, encryptedKey };
}

async function verifySigner(
  cursor: DerCursor,
  certificates: Uint8Array[],
  content: Uint8Array,
): Promise<Uint8Array> {
  cursor.take(tags.integer);
  const issuerAndSerialNumber = cursor.take(tags.sequence).raw;
  const digest = parseAlgorithmIdentifier(cursor.take(tags.sequence)).oid;
  const signing = parseAlgorithmIdentifier(cursor.take(tags.sequence)).oid;
  const signature = cursor.take(tags.octetString).value;
  cursor.end();
  const knownSigning = signing === oids.sm2PublicKey || signing === oids.sm2WithSm3;
  if (digest !== oids.sm3 || !knownSigning)
    throw new MalformedError('SignedAndEnvelopedData: not signed by SM2');
  for (const certificate of certificates) {
    const identity = certificateIdentity(certificate);
    if (Buffer.compare(identity.issuerAndSerialNumber, issuerAndSerialNumber) !== 0) continue;
    const publicKey = parsePublicKey(identity.publicKeySpki);
    if (await publicKey.verify(content, signature, signatureAlgorithmFor('SM2')))
      return new Uint8Array(certificate);
  }
  throw new MalformedError('SignedAndEnvelopedData: the signature does not hold');
}
