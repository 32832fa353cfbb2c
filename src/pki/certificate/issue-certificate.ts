import type { SignatureAlgorithm } from '../algorithms.ts';
import { der } from '../der/index.ts';
import type { Signer } from '../keys/signer.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, encodeName } from '../names/distinguished-name.ts';
import { type Extension, encodeExtensions } from './extension.ts';

/** What a certificate says. Names may be given encoded: an issuer's must be its certificate's subject, octet by octet. */
export type TbsCertificate = {
  /** Unsigned big-endian octets or a number: positive, at most 20 octets. */
  readonly serialNumber: Uint8Array | bigint;
  readonly issuer: DistinguishedName | Uint8Array;
  readonly subject: DistinguishedName | Uint8Array;
  /** Milliseconds since 1970, cut to the second; both instants belong to the validity. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly subjectPublicKeySpki: Uint8Array;
  /** In the order in which they shall stand. */
  readonly extensions: readonly Extension[];
  readonly signatureAlgorithm: SignatureAlgorithm;
};

// [0] EXPLICIT Version, v3.
const version3 = der.explicit(0, der.integer(2));
const emptyNameLength = 2;

function encodeSerialNumber(serialNumber: Uint8Array | bigint): Uint8Array {
  const encoded = der.integer(serialNumber);
  // RFC 5280 §4.1.2.2: positive, at most 20 octets of content.
  const zero = encoded.length === 3 && encoded[2] === 0;
  if (encoded.length > 22 || encoded[2]! >= 0x80 || zero)
    throw new MalformedError('serial number out of range');
  return encoded;
}

function encodedName(name: DistinguishedName | Uint8Array): Uint8Array {
  return name instanceof Uint8Array ? name : encodeName(name);
}

/** DER of the part of a certificate that is signed. Throws MalformedError for what RFC 5280 does not allow. */
export function buildTbsCertificate(tbs: TbsCertificate): Uint8Array {
  const issuer = encodedName(tbs.issuer);
  if (issuer.length === emptyNameLength) throw new MalformedError('issuer has no name');
  if (tbs.notAfterMs < tbs.notBeforeMs) throw new MalformedError('validity ends before it begins');
  return der.sequence(
    version3,
    encodeSerialNumber(tbs.serialNumber),
    tbs.signatureAlgorithm.identifier,
    issuer,
    der.sequence(der.time(tbs.notBeforeMs), der.time(tbs.notAfterMs)),
    encodedName(tbs.subject),
    tbs.subjectPublicKeySpki,
    ...(tbs.extensions.length === 0 ? [] : [der.explicit(3, encodeExtensions(tbs.extensions))]),
  );
}

/** Signs `tbs` and wraps both: the shape that certificates, requests and CRLs share. */
export async function signStructure(
  tbs: Uint8Array,
  signer: Signer,
  signatureAlgorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  const signature = await signer.sign(tbs, signatureAlgorithm);
  return der.sequence(tbs, signatureAlgorithm.identifier, der.bitString(signature));
}

/** DER of a signed certificate. Throws MalformedError for what RFC 5280 does not allow; the signer's errors pass. */
export async function issueCertificate({
  signer,
  ...tbs
}: TbsCertificate & { signer: Signer }): Promise<Uint8Array> {
  return signStructure(buildTbsCertificate(tbs), signer, tbs.signatureAlgorithm);
}
