import { type DerValue, der, derCursor, tags, toOid } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { encodeGeneralName, type GeneralName, readGeneralName } from '../general-name.ts';

/** One access description of authorityInfoAccess; `method` is dotted. */
export type AccessDescription = { readonly method: string; readonly location: GeneralName };

/** authorityInfoAccess with OCSP responders and places of the issuer's certificate, by URI; at least one. */
export function authorityInfoAccessExtension(uris: {
  readonly ocsp?: readonly string[];
  readonly caIssuers?: readonly string[];
}): Extension {
  const describe = (method: string) => (value: string) =>
    der.sequence(der.oid(method), encodeGeneralName({ type: 'URI', value }));
  const descriptions = [
    ...(uris.ocsp ?? []).map(describe(oids.ocspAccess)),
    ...(uris.caIssuers ?? []).map(describe(oids.caIssuersAccess)),
  ];
  if (descriptions.length === 0) throw new MalformedError('no access description');
  return { oid: oids.authorityInfoAccess, critical: false, value: der.sequence(...descriptions) };
}

export function readAuthorityInfoAccess(value: DerValue): AccessDescription[] {
  const descriptions: AccessDescription[] = [];
  const list = derCursor(value);
  while (!list.atEnd) {
    const cursor = derCursor(list.take(tags.sequence));
    const method = toOid(cursor.take(tags.oid));
    const location = readGeneralName(cursor.takeAny());
    cursor.end();
    descriptions.push({ method, location });
  }
  if (descriptions.length === 0) throw new MalformedError('no access description');
  return descriptions;
}
