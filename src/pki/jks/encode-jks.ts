import { der } from '../der/index.ts';
import { oids } from '../oids.ts';
import { passwordUtf16 } from '../password.ts';
import { DataWriter } from './data-stream.ts';
import { protectKey } from './key-protector.ts';
import { jksCertificateType, jksMagic, jksPrivateKeyTag, jksVersion } from './keystore.ts';
import { storeDigest } from './store-digest.ts';

/**
 * A Java KeyStore (type JKS, version 2) with one private key entry and its chain; the password protects both the
 * store and the key, as servers like Tomcat expect. `createdMs` is milliseconds since 1970. Java compares aliases
 * in lower case, so the alias is written so. The salt is random: two exports of one key differ.
 */
export function encodeJks(entry: {
  alias: string;
  privateKeyPkcs8: Uint8Array;
  certificatesDer: readonly Uint8Array[];
  password: string;
  createdMs: number;
  randomBytes: (length: number) => Uint8Array;
}): Uint8Array {
  const writer = new DataWriter().u32(jksMagic).u32(jksVersion).u32(1);
  const protectedKey = protectKey(
    entry.privateKeyPkcs8,
    passwordUtf16(entry.password),
    entry.randomBytes(20),
  );
  writer
    .u32(jksPrivateKeyTag)
    .utf(entry.alias.toLowerCase())
    .u64(entry.createdMs)
    .block(encodeProtectedKey(protectedKey))
    .u32(entry.certificatesDer.length);
  for (const certificate of entry.certificatesDer) writer.utf(jksCertificateType).block(certificate);
  const contents = writer.finish();
  return Buffer.concat([contents, storeDigest(entry.password, contents)]);
}

// An EncryptedPrivateKeyInfo (RFC 5208 §6) whose algorithm is Sun's own; Java demands the NULL.
function encodeProtectedKey(protectedKey: Uint8Array): Uint8Array {
  return der.sequence(
    der.sequence(der.oid(oids.sunJksKeyProtector), der.nullValue()),
    der.octetString(protectedKey),
  );
}
