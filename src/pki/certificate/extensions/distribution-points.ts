import { contextTag, type DerValue, der, derCursor, tags, toBitString } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { encodeGeneralName, type GeneralName, readGeneralNames } from '../general-name.ts';

/** One place where a CRL is found; names of a form other than fullName are left out. */
export type DistributionPoint = {
  readonly fullName: GeneralName[];
  /** True when the CRL covers some revocation reasons only. */
  readonly partial: boolean;
  readonly crlIssuer: GeneralName[] | undefined;
};

/** cRLDistributionPoints: one point for each URI (RFC 5280 §4.2.1.13). */
export function crlDistributionPointsExtension(uris: readonly string[]): Extension {
  if (uris.length === 0) throw new MalformedError('no distribution point');
  const points = uris.map((value) => {
    const fullName = der.implicit(0, encodeGeneralName({ type: 'URI', value }), true);
    return der.sequence(der.explicit(0, fullName));
  });
  return { oid: oids.crlDistributionPoints, critical: false, value: der.sequence(...points) };
}

/** DistributionPointName: fullName [0] or nameRelativeToCRLIssuer [1]. */
function readPointName(value: DerValue): GeneralName[] {
  const cursor = derCursor(value);
  const fullName = cursor.takeOptional(contextTag(0));
  if (fullName === undefined) cursor.take(contextTag(1));
  cursor.end();
  return fullName === undefined ? [] : readGeneralNames(fullName);
}

export function readCrlDistributionPoints(value: DerValue): DistributionPoint[] {
  const points: DistributionPoint[] = [];
  const list = derCursor(value);
  while (!list.atEnd) {
    const cursor = derCursor(list.take(tags.sequence));
    const name = cursor.takeOptional(contextTag(0));
    const reasons = cursor.takeOptional(contextTag(1, false));
    const crlIssuer = cursor.takeOptional(contextTag(2));
    cursor.end();
    if (name === undefined && crlIssuer === undefined)
      throw new MalformedError('distribution point without a name');
    if (reasons !== undefined) toBitString(reasons);
    points.push({
      fullName: name === undefined ? [] : readPointName(name),
      partial: reasons !== undefined,
      crlIssuer: crlIssuer && readGeneralNames(crlIssuer),
    });
  }
  if (points.length === 0) throw new MalformedError('no distribution point');
  return points;
}
