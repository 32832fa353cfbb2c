import { type DerValue, der, derCursor, tags, toBoolean, toSmallInt } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';

/** `pathLength`: how many CA certificates may follow; undefined means no limit. */
export type BasicConstraints = { readonly ca: boolean; readonly pathLength: number | undefined };

/** Critical basicConstraints (RFC 5280 §4.2.1.9). A path length is for CAs only. */
export function basicConstraintsExtension(ca: boolean, pathLength?: number): Extension {
  if (pathLength !== undefined && (!ca || pathLength < 0))
    throw new MalformedError('path length does not fit');
  const parts = ca ? [der.boolean(true)] : [];
  if (pathLength !== undefined) parts.push(der.integer(pathLength));
  return { oid: oids.basicConstraints, critical: true, value: der.sequence(...parts) };
}

export function readBasicConstraints(value: DerValue): BasicConstraints {
  const cursor = derCursor(value);
  // FALSE is the default and should be left out, but certificates in use spell it out.
  const flag = cursor.takeOptional(tags.boolean);
  const ca = flag !== undefined && toBoolean(flag);
  const limit = cursor.takeOptional(tags.integer);
  cursor.end();
  const pathLength = limit && toSmallInt(limit);
  if (pathLength !== undefined && (!ca || pathLength < 0))
    throw new MalformedError('path length does not fit');
  return { ca, pathLength };
}
