import { createHash } from 'node:crypto';
import { der, tags } from '../der/index.ts';
import { oids } from '../oids.ts';
import { passwordUtf16 } from '../password.ts';
import { encryptPbes2 } from '../pkcs8/pbes2.ts';
import { encodeMac } from './mac.ts';

// Java's own default. More rounds for the encryption alone would protect nothing, since a guesser would try the MAC
// instead; and the derivation of the MAC (RFC 7292 §B.2) has to run on the main thread.
const iterations = 10_000;

/**
 * A PFX (RFC 7292) with one private key, its certificate and the chain: PBES2 (PBKDF2-HMAC-SHA-256, AES-256-CBC) and
 * a MAC of HMAC-SHA-256. OpenSSL 3, Java 8u301 and Windows Server 2019 read these and no longer like the RC2 and
 * Triple DES of older files; the PBMAC1 of RFC 9579 is too new for Java 17 and Windows. `friendlyName` is the alias
 * in Java and Windows; key and leaf are tied by localKeyId, the SHA-1 of the leaf, as OpenSSL does it.
 */
export async function encodePkcs12(contents: {
  privateKeyPkcs8: Uint8Array;
  /** The leaf first, then its issuers. */
  certificatesDer: readonly Uint8Array[];
  password: string;
  friendlyName: string;
  randomBytes: (length: number) => Uint8Array;
}): Promise<Uint8Array> {
  const { password, randomBytes } = contents;
  const [leaf] = contents.certificatesDer;
  if (leaf === undefined) throw new RangeError('a PFX needs the certificate of its key');
  const attributes = bagAttributes(contents.friendlyName, createHash('sha1').update(leaf).digest());
  const certificateBags = contents.certificatesDer.map((certificate, index) =>
    safeBag(oids.certBag, certBag(certificate), index === 0 ? attributes : undefined),
  );
  const certificates = await encryptPbes2(
    der.sequence(...certificateBags),
    password,
    iterations,
    randomBytes,
  );
  const key = await encryptPbes2(contents.privateKeyPkcs8, password, iterations, randomBytes);
  const shroudedKey = der.sequence(key.algorithm, der.octetString(key.ciphertext));
  const keySafe = der.sequence(safeBag(oids.pkcs8ShroudedKeyBag, shroudedKey, attributes));
  const authenticatedSafe = der.sequence(encryptedContentInfo(certificates), dataContentInfo(keySafe));
  const mac = await encodeMac(authenticatedSafe, password, iterations, randomBytes(16));
  return der.sequence(der.integer(3), dataContentInfo(authenticatedSafe), mac);
}

function dataContentInfo(content: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oids.data), der.explicit(0, der.octetString(content)));
}

// RFC 2315 §13: EncryptedData, version 0, its ciphertext under an implicit tag.
function encryptedContentInfo(encrypted: { algorithm: Uint8Array; ciphertext: Uint8Array }): Uint8Array {
  const info = der.sequence(der.oid(oids.data), encrypted.algorithm, der.implicit(0, encrypted.ciphertext));
  return der.sequence(der.oid(oids.encryptedData), der.explicit(0, der.sequence(der.integer(0), info)));
}

function certBag(certificate: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oids.x509Certificate), der.explicit(0, der.octetString(certificate)));
}

function safeBag(bagId: string, value: Uint8Array, attributes: Uint8Array | undefined): Uint8Array {
  const bag = [der.oid(bagId), der.explicit(0, value)];
  return attributes === undefined ? der.sequence(...bag) : der.sequence(...bag, attributes);
}

function bagAttributes(friendlyName: string, localKeyId: Uint8Array): Uint8Array {
  // Everyone writes UTF-16 here, so that characters outside the basic plane survive; a strict BMPString has none.
  const name = der.tagged(tags.bmpString, passwordUtf16(friendlyName));
  return der.setOf([
    der.sequence(der.oid(oids.friendlyName), der.set(name)),
    der.sequence(der.oid(oids.localKeyId), der.set(der.octetString(localKeyId))),
  ]);
}
