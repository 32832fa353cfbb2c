import { type Extension, readExtensions } from '../certificate/extension.ts';
import { readGeneralName } from '../certificate/general-name.ts';
import {
  contextTag,
  type DerCursor,
  type DerValue,
  derCursor,
  readDerAs,
  tags,
  toSmallInt,
} from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { type CertId, readCertId } from './cert-id.ts';
import { readNonce } from './nonce.ts';

/** What an OCSP client asks. A signature that it may carry is not looked at: nothing here depends on who asks. */
export type OcspRequest = {
  readonly certIds: readonly CertId[];
  readonly nonce: Uint8Array | undefined;
};

/** Requests with a signature and its certificates stay far below. */
export const largestOcspRequest = 16 * 1024;
/** Each costs a look-up; clients ask about one chain at most. */
const mostCertIds = 32;

function explicitValue(value: DerValue): DerValue {
  const cursor = derCursor(value);
  const inner = cursor.takeAny();
  cursor.end();
  return inner;
}

function readOptionalExtensions(value: DerValue | undefined): Extension[] {
  if (value === undefined) return [];
  const list = explicitValue(value);
  if (list.tag !== tags.sequence) throw new MalformedError('extensions are no sequence');
  const extensions = readExtensions(list);
  const foreign = extensions.find(({ oid, critical }) => critical && oid !== oids.ocspNonce);
  if (foreign !== undefined) throw new MalformedError(`critical extension ${foreign.oid} is not understood`);
  return extensions;
}

function readRequest(value: DerValue): CertId {
  const cursor = derCursor(value);
  const certId = readCertId(cursor.take(tags.sequence));
  readOptionalExtensions(cursor.takeOptional(contextTag(0)));
  cursor.end();
  return certId;
}

function readHead(cursor: DerCursor): void {
  const version = cursor.takeOptional(contextTag(0));
  // v1 is all there is; DER leaves the default out, but clients that spell it out are in use.
  if (version !== undefined && toSmallInt(explicitValue(version)) !== 0) {
    throw new MalformedError('OCSP version is not 1');
  }
  const requestor = cursor.takeOptional(contextTag(1));
  if (requestor !== undefined) readGeneralName(explicitValue(requestor));
}

/** Reads a DER OCSPRequest (RFC 6960 §4.1) of at most 16 KiB and 32 certificates. Throws MalformedError. */
export function parseOcspRequest(bytes: Uint8Array): OcspRequest {
  if (bytes.length > largestOcspRequest) throw new MalformedError('OCSP request above 16 KiB');
  const outer = derCursor(readDerAs(tags.sequence, bytes));
  const cursor = derCursor(outer.take(tags.sequence));
  outer.takeOptional(contextTag(0));
  outer.end();
  readHead(cursor);
  const certIds: CertId[] = [];
  const list = derCursor(cursor.take(tags.sequence));
  while (!list.atEnd) {
    if (certIds.length === mostCertIds)
      throw new MalformedError('OCSP request for more than 32 certificates');
    certIds.push(readRequest(list.take(tags.sequence)));
  }
  if (certIds.length === 0) throw new MalformedError('OCSP request for nothing');
  const nonce = readNonce(readOptionalExtensions(cursor.takeOptional(contextTag(2))));
  cursor.end();
  return { certIds, nonce };
}
