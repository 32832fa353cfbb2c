import { type Extension, readExtensions } from '../certificate/extension.ts';
import { decodeExtensions, type KnownExtensions } from '../certificate/extensions/index.ts';
import { readSignedStructure, type SignedStructure } from '../certificate/signed-structure.ts';
import { contextTag, type DerValue, derCursor, readDer, tags, toOid, toSmallInt } from '../der/index.ts';
import { type PublicKeyInfo, parsePublicKey } from '../keys/public-key.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { type DistinguishedName, readName } from '../names/distinguished-name.ts';
import { nameToString } from '../names/name-string.ts';
import { oids } from '../oids.ts';

/** One attribute of a request: its dotted type and the DER of each value. */
export type CsrAttribute = { readonly type: string; readonly values: readonly Uint8Array[] };

/** A PKCS#10 request as it was read. */
export type CertificationRequest = SignedStructure & {
  readonly der: Uint8Array;
  readonly subject: DistinguishedName;
  readonly subjectDer: Uint8Array;
  /** The subject as RFC 4514 text. */
  readonly subjectName: string;
  readonly publicKey: PublicKeyInfo;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Requested extensions, decoded where known. */
  readonly known: KnownExtensions;
  readonly extensions: readonly Extension[];
  readonly attributes: readonly CsrAttribute[];
  /** Whether the requester holds the private key. Rejects with UnsupportedAlgorithmError for unknown algorithms. */
  verify(): Promise<boolean>;
};

function readAttributes(value: DerValue | undefined): CsrAttribute[] {
  // RFC 2986 demands the attributes; requests of embedded clients lack them when empty, and OpenSSL accepts that.
  if (value === undefined) return [];
  const attributes: CsrAttribute[] = [];
  const seen = new Set<string>();
  const list = derCursor(value);
  while (!list.atEnd) {
    const cursor = derCursor(list.take(tags.sequence));
    const type = toOid(cursor.take(tags.oid));
    const set = derCursor(cursor.take(tags.set));
    cursor.end();
    const values: Uint8Array[] = [];
    while (!set.atEnd) values.push(set.takeAny().raw);
    if (values.length === 0) throw new MalformedError('CSR: attribute without a value');
    if (seen.has(type)) throw new MalformedError('CSR: duplicate attribute');
    seen.add(type);
    attributes.push({ type, values });
  }
  return attributes;
}

/** RFC 2985 §5.4.2, and the identifier that Windows used before. Both at once could contradict each other. */
function requestedExtensions(attributes: readonly CsrAttribute[]): Extension[] {
  const requests = attributes.filter(
    ({ type }) => type === oids.extensionRequest || type === oids.microsoftExtensionRequest,
  );
  const values = requests.flatMap((request) => request.values);
  if (values.length > 1) throw new MalformedError('CSR: more than one extension request');
  if (values.length === 0) return [];
  const list = readDer(values[0]!);
  // An empty list asks for nothing; some clients send it.
  return list.tag === tags.sequence && list.length === 0 ? [] : readExtensions(list);
}

/**
 * Reads a DER PKCS#10 request (RFC 2986), strictly, and checks its public key. Throws MalformedError, and its
 * UnsupportedAlgorithmError for keys that are not supported or weak. The signature is not checked: call `verify`.
 */
export function parseCsr(bytes: Uint8Array): CertificationRequest {
  const { tbsValue, algorithmIdentifier: _, ...signed } = readSignedStructure(bytes);
  const cursor = derCursor(tbsValue);
  if (toSmallInt(cursor.take(tags.integer)) !== 0) throw new MalformedError('CSR: version is not 0');
  const subjectValue = cursor.take(tags.sequence);
  const spki = cursor.take(tags.sequence).raw;
  const attributes = readAttributes(cursor.takeOptional(contextTag(0)));
  cursor.end();
  const subject = readName(subjectValue);
  const extensions = requestedExtensions(attributes);
  const { known } = decodeExtensions(extensions);
  const publicKey = parsePublicKey(spki);
  return {
    ...signed,
    der: bytes,
    subject,
    subjectDer: subjectValue.raw,
    get subjectName() {
      return nameToString(subject);
    },
    publicKey,
    spki,
    known,
    extensions,
    attributes,
    async verify() {
      const { signatureAlgorithm, signatureAlgorithmOid } = signed;
      if (signatureAlgorithm === undefined) {
        throw new UnsupportedAlgorithmError(`signature algorithm ${signatureAlgorithmOid} not supported`);
      }
      return publicKey.verify(signed.tbs, signed.signature, signatureAlgorithm);
    },
  };
}
