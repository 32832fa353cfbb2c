import { Type } from 'typebox';
import {
  attributesOfName,
  attributeValues,
  type DistinguishedName as EncodedName,
  nameFromAttributes,
  oids,
  type SubjectAttributes,
} from '../pki/index.ts';

/** A subject as clients write it. Empty stands for absent: Terraform sends empty strings for what is not set. */
export interface DistinguishedName {
  readonly common_name?: string | undefined;
  readonly country?: string | undefined;
  readonly state?: string | undefined;
  readonly locality?: string | undefined;
  readonly organization?: string | undefined;
  readonly organizational_unit?: string | undefined;
}

export type DistinguishedNameField = keyof DistinguishedName;

export const distinguishedNameFields = [
  'common_name',
  'country',
  'state',
  'locality',
  'organization',
  'organizational_unit',
] as const satisfies readonly DistinguishedNameField[];

/** A subject as responses show it: all keys, null for an attribute that the subject lacks. */
export type DistinguishedNameInfo = Record<DistinguishedNameField, string | null>;

/** A subject as it is stored. */
export type DistinguishedNameColumns = Omit<DistinguishedNameInfo, 'common_name'> & { common_name: string };

// Letters are A-Z and a-z, Chinese characters U+4E00-U+9FFF: reference, table 4-90, in prose.
const text = '[A-Za-z0-9\\u4E00-\\u9FFF _.,-]';
const commonNameText = '[A-Za-z0-9\\u4E00-\\u9FFF _.,*-]';

function attribute(characters: string, maxLength: number, description: string) {
  return Type.String({ minLength: 1, maxLength, pattern: `^${characters}+$`, description });
}

function absentOr(characters: string, maxLength: number, description: string) {
  return Type.Optional(Type.String({ maxLength, pattern: `^${characters}*$`, description }));
}

const inherited = 'If not specified or empty, the value of the parent CA is inherited.';

/** Subject of a CA: every attribute is mandatory (tables 4-90, 4-132). */
export const caDistinguishedNameSchema = Type.Object({
  common_name: attribute(commonNameText, 64, 'Common name (CN).'),
  country: Type.String({
    minLength: 2,
    maxLength: 2,
    pattern: '^[A-Za-z]{2}$',
    description: 'Country code.',
  }),
  state: attribute(text, 128, 'Name of a province or city.'),
  locality: attribute(text, 128, 'Region name.'),
  organization: attribute(text, 64, 'Organization name.'),
  organizational_unit: attribute(text, 64, 'Organization unit name.'),
});

/** Subject of a private certificate: only the common name is mandatory (table 4-205). */
export const certificateDistinguishedNameSchema = Type.Object({
  common_name: attribute(commonNameText, 64, 'Common name (CN).'),
  country: Type.Optional(
    Type.String({ maxLength: 2, pattern: '^([A-Za-z]{2})?$', description: `Country code. ${inherited}` }),
  ),
  state: absentOr(text, 128, `Name of a province or city. ${inherited}`),
  locality: absentOr(text, 128, `Region name. ${inherited}`),
  organization: absentOr(text, 64, `Organization name. ${inherited}`),
  organizational_unit: absentOr(text, 64, `Organization unit name. ${inherited}`),
});

export function toColumns(name: DistinguishedName): DistinguishedNameColumns {
  return {
    common_name: name.common_name ?? '',
    country: name.country || null,
    state: name.state || null,
    locality: name.locality || null,
    organization: name.organization || null,
    organizational_unit: name.organizational_unit || null,
  };
}

/** The subject among the columns of a row. */
export function nameColumns(row: DistinguishedNameColumns): DistinguishedNameColumns {
  const { common_name, country, state, locality, organization, organizational_unit } = row;
  return { common_name, country, state, locality, organization, organizational_unit };
}

export function toInfo(row: DistinguishedNameColumns): DistinguishedNameInfo {
  return { ...nameColumns(row), common_name: row.common_name || null };
}

/** As certificates hold it. */
export function toEncodedName(columns: DistinguishedNameColumns): EncodedName {
  return nameFromAttributes({
    commonName: columns.common_name,
    country: columns.country ?? undefined,
    state: columns.state ?? undefined,
    locality: columns.locality ?? undefined,
    organization: columns.organization ?? undefined,
    organizationalUnit: columns.organizational_unit ?? undefined,
  });
}

/** The six attributes of a name that came in from outside; others have no column, they stay in the certificate. */
export function columnsOfEncodedName(name: EncodedName): DistinguishedNameColumns {
  return columnsOf(attributesOfName(name));
}

/** As `columnsOfEncodedName`, with all values of an attribute that stands there more than once: none is hidden from lists. */
export function columnsOfWholeName(name: EncodedName): DistinguishedNameColumns {
  const all = (type: string) => attributeValues(name, type).join(', ');
  return columnsOf({
    commonName: all(oids.commonName),
    country: all(oids.country),
    state: all(oids.state),
    locality: all(oids.locality),
    organization: all(oids.organization),
    organizationalUnit: all(oids.organizationalUnit),
  });
}

function columnsOf(attributes: SubjectAttributes): DistinguishedNameColumns {
  return toColumns({
    common_name: attributes.commonName,
    country: attributes.country,
    state: attributes.state,
    locality: attributes.locality,
    organization: attributes.organization,
    organizational_unit: attributes.organizationalUnit,
  });
}
