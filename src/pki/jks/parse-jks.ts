import { timingSafeEqual } from 'node:crypto';
import { derCursor, readDerAs, tags, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { passwordUtf16, WrongPasswordError } from '../password.ts';
import { DataReader } from './data-stream.ts';
import { recoverKey } from './key-protector.ts';
import {
  type JksEntry,
  jksCertificateType,
  jksDigestLength,
  jksMagic,
  jksPrivateKeyTag,
  jksTrustedCertificateTag,
  jksVersion,
} from './keystore.ts';
import { storeDigest } from './store-digest.ts';

// Java's own store of all public roots has 0.2 MB; the SHA-1 stream of a key costs 50 ms a megabyte.
const maximumLength = 1_048_576;

/**
 * The entries of a Java KeyStore (type JKS, version 2), keys decrypted with the store's password.
 * Throws WrongPasswordError if the closing digest or a key does not match, MalformedError for anything else.
 */
export function parseJks(bytes: Uint8Array, password: string): JksEntry[] {
  if (bytes.length > maximumLength) throw new MalformedError('JKS: larger than 1 MiB');
  if (bytes.length < 12 + jksDigestLength) throw new MalformedError('JKS: ends too early');
  const contents = bytes.subarray(0, bytes.length - jksDigestLength);
  const reader = new DataReader(contents);
  if (reader.u32() !== jksMagic) throw new MalformedError('JKS: not a Java KeyStore');
  if (reader.u32() !== jksVersion) throw new MalformedError('JKS: not version 2');
  const digest = bytes.subarray(bytes.length - jksDigestLength);
  if (!timingSafeEqual(storeDigest(password, contents), digest)) throw new WrongPasswordError();
  const entries: JksEntry[] = [];
  for (let left = reader.u32(); left > 0; left--) entries.push(readEntry(reader, passwordUtf16(password)));
  reader.end();
  return entries;
}

function readEntry(reader: DataReader, password: Uint8Array): JksEntry {
  const tag = reader.u32();
  const alias = reader.utf();
  const createdMs = reader.u64();
  if (tag === jksPrivateKeyTag) {
    const privateKeyPkcs8 = recoverKey(readProtectedKey(reader.block()), password);
    const certificatesDer: Uint8Array[] = [];
    for (let left = reader.u32(); left > 0; left--) certificatesDer.push(readCertificate(reader));
    return { kind: 'privateKey', alias, createdMs, privateKeyPkcs8, certificatesDer };
  }
  if (tag === jksTrustedCertificateTag) {
    return { kind: 'trustedCertificate', alias, createdMs, certificateDer: readCertificate(reader) };
  }
  throw new MalformedError('JKS: an entry that is neither key nor certificate');
}

function readCertificate(reader: DataReader): Uint8Array {
  if (reader.utf() !== jksCertificateType) throw new MalformedError('JKS: a certificate that is not X.509');
  return reader.block();
}

function readProtectedKey(encoded: Uint8Array): Uint8Array {
  const info = derCursor(readDerAs(tags.sequence, encoded));
  const algorithm = derCursor(info.take(tags.sequence));
  if (toOid(algorithm.take(tags.oid)) !== oids.sunJksKeyProtector) {
    throw new MalformedError('JKS: a key that is not protected in the way of JKS');
  }
  const protectedKey = info.take(tags.octetString).value;
  info.end();
  return protectedKey;
}
