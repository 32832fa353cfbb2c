import { type DerValue, der, derCursor, tags, toOid } from './der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from './malformed-error.ts';
import { oids } from './oids.ts';

/** Keys that are generated and sign here, as the reference names them (table 4-89), and those of other profiles. */
export type KeyAlgorithm =
  | 'RSA2048'
  | 'RSA3072'
  | 'RSA4096'
  | 'EC256'
  | 'EC384'
  | 'EC521'
  | 'SM2'
  | 'ED25519'
  | 'MLDSA44'
  | 'MLDSA65'
  | 'MLDSA87';

/** Hashes that a caller may choose for a signature; SM3 is for SM2 alone. */
export type HashAlgorithm = 'SHA256' | 'SHA384' | 'SHA512' | 'SM3';

/** Which signature algorithms a key can be used with. */
export type KeyKind = 'RSA' | 'EC' | 'SM2' | 'ED25519' | 'MLDSA44' | 'MLDSA65' | 'MLDSA87';

/** A signature algorithm; one object per algorithm, so `===` compares. */
export type SignatureAlgorithm = {
  /** Java's name: SHA256withRSA, SHA384withECDSA, SM3withSM2, Ed25519, ML-DSA-44. */
  readonly name: string;
  readonly keyKind: KeyKind;
  /** Undefined where the algorithm hashes by itself (Ed25519, ML-DSA). */
  readonly hash: HashAlgorithm | undefined;
  readonly oid: string;
  /** DER AlgorithmIdentifier. */
  readonly identifier: Uint8Array;
};

function define(
  name: string,
  keyKind: KeyKind,
  hash: HashAlgorithm | undefined,
  oid: string,
  parameters: readonly Uint8Array[] = [],
): SignatureAlgorithm {
  return Object.freeze({ name, keyKind, hash, oid, identifier: der.sequence(der.oid(oid), ...parameters) });
}

// RFC 4055 §5: NULL parameters for RSA. RFC 5758 §3.2, RFC 8410 §3, RFC 9881 §2: none for the others. OpenSSL
// writes none for SM2 either.
const withNull = [der.nullValue()];
const signatureAlgorithms = [
  define('SHA256withRSA', 'RSA', 'SHA256', oids.sha256WithRsa, withNull),
  define('SHA384withRSA', 'RSA', 'SHA384', oids.sha384WithRsa, withNull),
  define('SHA512withRSA', 'RSA', 'SHA512', oids.sha512WithRsa, withNull),
  define('SHA256withECDSA', 'EC', 'SHA256', oids.ecdsaWithSha256),
  define('SHA384withECDSA', 'EC', 'SHA384', oids.ecdsaWithSha384),
  define('SHA512withECDSA', 'EC', 'SHA512', oids.ecdsaWithSha512),
  define('SM3withSM2', 'SM2', 'SM3', oids.sm2WithSm3),
  define('Ed25519', 'ED25519', undefined, oids.ed25519),
  define('ML-DSA-44', 'MLDSA44', undefined, oids.mlDsa44),
  define('ML-DSA-65', 'MLDSA65', undefined, oids.mlDsa65),
  define('ML-DSA-87', 'MLDSA87', undefined, oids.mlDsa87),
];

const byOid = new Map(signatureAlgorithms.map((algorithm) => [algorithm.oid, algorithm]));

const keyKinds: Record<KeyAlgorithm, KeyKind> = {
  RSA2048: 'RSA',
  RSA3072: 'RSA',
  RSA4096: 'RSA',
  EC256: 'EC',
  EC384: 'EC',
  EC521: 'EC',
  SM2: 'SM2',
  ED25519: 'ED25519',
  MLDSA44: 'MLDSA44',
  MLDSA65: 'MLDSA65',
  MLDSA87: 'MLDSA87',
};

// RFC 5480 §4: a hash of the curve's strength. SM2 signs SM3 only (GB/T 32918).
const ownHashes: Partial<Record<KeyAlgorithm, HashAlgorithm>> = {
  EC384: 'SHA384',
  EC521: 'SHA512',
  SM2: 'SM3',
};

/** The kind of a key algorithm: RSA of any length is one kind, the NIST curves are one kind. */
export function keyKindOf(algorithm: KeyAlgorithm): KeyKind {
  return keyKinds[algorithm];
}

/**
 * The signature algorithm of a key with a hash (default: the hash of the key's strength). Ed25519 and ML-DSA hash by
 * themselves, so the hash is ignored. Throws UnsupportedAlgorithmError for SM3 without SM2 and SM2 without SM3.
 */
export function signatureAlgorithmFor(key: KeyAlgorithm | KeyKind, hash?: HashAlgorithm): SignatureAlgorithm {
  const kind = key === 'RSA' || key === 'EC' ? key : keyKinds[key];
  const wanted = hash ?? (key === 'RSA' || key === 'EC' ? undefined : ownHashes[key]) ?? 'SHA256';
  const found = signatureAlgorithms.find(
    (algorithm) => algorithm.keyKind === kind && (algorithm.hash === undefined || algorithm.hash === wanted),
  );
  if (found === undefined) throw new UnsupportedAlgorithmError(`${kind} does not sign with ${wanted}`);
  return found;
}

/** Java's name of a signature algorithm, as the reference's examples show it (4.2.2.4): SHA256withRSA. */
export function describeSignatureAlgorithm(algorithm: SignatureAlgorithm): string {
  return algorithm.name;
}

/** An AlgorithmIdentifier: its object identifier and its parameters, if present. */
export type AlgorithmIdentifier = { readonly oid: string; readonly parameters: DerValue | undefined };

/** Reads an AlgorithmIdentifier SEQUENCE. Throws MalformedError. */
export function parseAlgorithmIdentifier(value: DerValue): AlgorithmIdentifier {
  const cursor = derCursor(value);
  const oid = toOid(cursor.take(tags.oid));
  const parameters = cursor.atEnd ? undefined : cursor.takeAny();
  cursor.end();
  return { oid, parameters };
}

/**
 * The known signature algorithm of an AlgorithmIdentifier, or undefined for one that is not supported. Throws
 * MalformedError for parameters that the algorithm must not have.
 */
export function parseSignatureAlgorithm(value: DerValue): SignatureAlgorithm | undefined {
  const { oid, parameters } = parseAlgorithmIdentifier(value);
  const algorithm = byOid.get(oid);
  if (algorithm === undefined || parameters === undefined) return algorithm;
  // RFC 4055 §5 wants absent RSA parameters accepted as well as NULL; Chinese CAs write NULL for SM2.
  const nullAllowed = algorithm.keyKind === 'RSA' || algorithm.keyKind === 'SM2';
  if (parameters.tag === tags.null && nullAllowed) return algorithm;
  throw new MalformedError(`${algorithm.name}: unexpected parameters`);
}
