import { der, derCursor, readDerAs, tags, toOid, toSmallInt } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { encodePem } from '../pem.ts';
import { importPrivateKey, readPkcs8 } from './private-key.ts';

type EcPrivateKey = { scalar: Uint8Array; curve: string | undefined; publicKey: Uint8Array | undefined };

/** ECPrivateKey of RFC 5915 §3; PKCS#8 leaves the curve out of it, SEC 1 files must have it. */
function readEcPrivateKey(bytes: Uint8Array): EcPrivateKey {
  const cursor = derCursor(readDerAs(tags.sequence, bytes));
  if (toSmallInt(cursor.take(tags.integer)) !== 1)
    throw new MalformedError('EC private key: version is not 1');
  const scalar = cursor.take(tags.octetString).value;
  const parameters = cursor.takeOptional(0xa0);
  const publicKey = cursor.takeOptional(0xa1)?.raw;
  cursor.end();
  const curve = parameters && toOid(derCursor(parameters).take(tags.oid));
  return { scalar, curve, publicKey };
}

function encodeEcPrivateKey({ scalar, curve, publicKey }: EcPrivateKey): Uint8Array {
  return der.sequence(
    der.integer(1),
    der.octetString(scalar),
    ...(curve === undefined ? [] : [der.explicit(0, der.oid(curve))]),
    ...(publicKey === undefined ? [] : [publicKey]),
  );
}

function encodePkcs8(algorithm: readonly Uint8Array[], privateKey: Uint8Array): Uint8Array {
  return der.sequence(der.integer(0), der.sequence(...algorithm), der.octetString(privateKey));
}

/** The 32-octet scalar of an SM2 key in DER PKCS#8. Throws MalformedError. */
export function sm2ScalarOf(pkcs8: Uint8Array): Uint8Array {
  const { scalar } = readEcPrivateKey(readPkcs8(pkcs8).privateKey);
  if (scalar.length !== 32) throw new MalformedError('EC private key: wrong length');
  return scalar;
}

/**
 * PEM of a private key in its traditional form: `RSA PRIVATE KEY` (PKCS#1, RFC 8017) or `EC PRIVATE KEY` (SEC 1,
 * RFC 5915, also for SM2). Other keys have none and come as PKCS#8 `PRIVATE KEY`. Throws MalformedError.
 */
export function pkcs8ToTraditionalPem(pkcs8: Uint8Array, newline = '\n'): string {
  const { algorithm, privateKey } = readPkcs8(pkcs8);
  if (algorithm.oid === oids.rsaEncryption) return encodePem('RSA PRIVATE KEY', privateKey, newline);
  if (algorithm.oid !== oids.ecPublicKey) return encodePem('PRIVATE KEY', pkcs8, newline);
  const curve = algorithm.parameters?.tag === tags.oid ? toOid(algorithm.parameters) : undefined;
  if (curve === undefined) throw new MalformedError('EC private key: no named curve');
  return encodePem('EC PRIVATE KEY', encodeEcPrivateKey({ ...readEcPrivateKey(privateKey), curve }), newline);
}

function wrapTraditional(label: string, keyDer: Uint8Array): Uint8Array {
  if (label === 'PRIVATE KEY') return keyDer;
  if (label === 'RSA PRIVATE KEY') return encodePkcs8([der.oid(oids.rsaEncryption), der.nullValue()], keyDer);
  if (label !== 'EC PRIVATE KEY') throw new MalformedError('PEM: not a private key');
  const { curve, ...key } = readEcPrivateKey(keyDer);
  if (curve === undefined) throw new MalformedError('EC private key: no named curve');
  return encodePkcs8(
    [der.oid(oids.ecPublicKey), der.oid(curve)],
    encodeEcPrivateKey({ ...key, curve: undefined }),
  );
}

/**
 * DER PKCS#8 of an unencrypted private key under one of the PEM labels `PRIVATE KEY`, `RSA PRIVATE KEY` and
 * `EC PRIVATE KEY`. Throws MalformedError for other labels and keys that are not valid.
 */
export function privateKeyFromPemBlock(label: string, keyDer: Uint8Array): Uint8Array {
  const pkcs8 = wrapTraditional(label, keyDer);
  importPrivateKey(pkcs8);
  return pkcs8;
}
