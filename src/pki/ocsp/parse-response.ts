import { parseAlgorithmIdentifier, parseSignatureAlgorithm } from '../algorithms.ts';
import { readExtensions } from '../certificate/extension.ts';
import type { SignedStructure } from '../certificate/signed-structure.ts';
import { readReason } from '../crl/reason.ts';
import {
  children,
  contextTag,
  type DerValue,
  derCursor,
  readDerAs,
  tags,
  toOid,
  toSmallInt,
  toTime,
  toWholeBitString,
} from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, readName } from '../names/distinguished-name.ts';
import { oids } from '../oids.ts';
import type { CertStatus, OcspError } from './build-response.ts';
import { type CertId, readCertId } from './cert-id.ts';
import { readNonce } from './nonce.ts';

/** One answer as it was read. */
export type ReadSingleResponse = {
  readonly certId: CertId;
  readonly status: CertStatus;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
};

/** A basic response as it was read; its signature is for `verifyStructure`. */
export type BasicOcspResponse = SignedStructure & {
  readonly responder: { readonly keyHash: Uint8Array } | { readonly name: DistinguishedName };
  readonly producedAtMs: number;
  readonly responses: readonly ReadSingleResponse[];
  readonly nonce: Uint8Array | undefined;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
};

const errors: Readonly<Record<number, OcspError>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

function inside(value: DerValue): DerValue {
  const cursor = derCursor(value);
  const inner = cursor.takeAny();
  cursor.end();
  return inner;
}

function readStatus(value: DerValue): CertStatus {
  if (value.tag === contextTag(0, false) && value.length === 0) return { kind: 'good' };
  if (value.tag === contextTag(2, false) && value.length === 0) return { kind: 'unknown' };
  if (value.tag !== contextTag(1)) throw new MalformedError('not a certificate status');
  const cursor = derCursor(value);
  const revokedMs = toTime(cursor.take(tags.generalizedTime));
  const reason = cursor.takeOptional(contextTag(0));
  cursor.end();
  return { kind: 'revoked', revokedMs, reason: reason ? readReason(inside(reason)) : 'unspecified' };
}

function readSingleResponse(value: DerValue): ReadSingleResponse {
  const cursor = derCursor(value);
  const certId = readCertId(cursor.take(tags.sequence));
  const status = readStatus(cursor.takeAny());
  const thisUpdateMs = toTime(cursor.take(tags.generalizedTime));
  const next = cursor.takeOptional(contextTag(0));
  const extensions = cursor.takeOptional(contextTag(1));
  cursor.end();
  if (extensions !== undefined) readExtensions(inside(extensions));
  return { certId, status, thisUpdateMs, nextUpdateMs: next && toTime(inside(next)) };
}

function readResponder(value: DerValue): BasicOcspResponse['responder'] {
  if (value.tag === contextTag(1)) return { name: readName(inside(value)) };
  if (value.tag !== contextTag(2)) throw new MalformedError('not a responder id');
  const keyHash = inside(value);
  if (keyHash.tag !== tags.octetString) throw new MalformedError('not a key hash');
  return { keyHash: keyHash.value };
}

function readResponseData(value: DerValue) {
  const cursor = derCursor(value);
  const responder = readResponder(cursor.takeAny());
  const producedAtMs = toTime(cursor.take(tags.generalizedTime));
  const responses = children(cursor.take(tags.sequence)).map(readSingleResponse);
  const extensions = cursor.takeOptional(contextTag(1));
  cursor.end();
  const nonce = extensions && readNonce(readExtensions(inside(extensions)));
  return { responder, producedAtMs, responses, nonce };
}

function readBasicResponse(bytes: Uint8Array): BasicOcspResponse {
  const cursor = derCursor(readDerAs(tags.sequence, bytes));
  const data = cursor.take(tags.sequence);
  const algorithm = cursor.take(tags.sequence);
  const signature = toWholeBitString(cursor.take(tags.bitString));
  const certificates = cursor.takeOptional(contextTag(0));
  cursor.end();
  return {
    tbs: data.raw,
    signatureAlgorithm: parseSignatureAlgorithm(algorithm),
    signatureAlgorithmOid: parseAlgorithmIdentifier(algorithm).oid,
    signature,
    ...readResponseData(data),
    certificates: certificates === undefined ? [] : children(inside(certificates)).map(({ raw }) => raw),
  };
}

/** Reads a DER OCSPResponse: the basic response, or the name of the error that it is. Throws MalformedError. */
export function parseOcspResponse(bytes: Uint8Array): BasicOcspResponse | OcspError {
  const cursor = derCursor(readDerAs(tags.sequence, bytes));
  const status = toSmallInt(cursor.take(tags.enumerated));
  const responseBytes = cursor.takeOptional(contextTag(0));
  cursor.end();
  if (status !== 0) {
    const error = errors[status];
    if (error === undefined || responseBytes !== undefined) throw new MalformedError('not an OCSP error');
    return error;
  }
  if (responseBytes === undefined) throw new MalformedError('OCSP response without content');
  const inner = derCursor(inside(responseBytes));
  if (toOid(inner.take(tags.oid)) !== oids.ocspBasic) throw new MalformedError('OCSP response is not basic');
  const basic = inner.take(tags.octetString).value;
  inner.end();
  return readBasicResponse(basic);
}
