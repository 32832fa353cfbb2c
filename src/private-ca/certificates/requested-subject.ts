import {
  type CertificationRequest,
  encodeName,
  MalformedError,
  type NameAttribute,
  oids,
  tags,
} from '../../pki/index.ts';
import { columnsOfWholeName, type DistinguishedNameColumns } from '../distinguished-name.ts';
import { incorrectCsr } from './certification-request.ts';

/** Reference, table 4-205, and for the others the upper bounds of RFC 5280, appendix A.1; characters. */
const longest: Readonly<Record<string, number>> = {
  [oids.commonName]: 64,
  [oids.state]: 128,
  [oids.locality]: 128,
  [oids.organization]: 64,
  [oids.organizationalUnit]: 64,
  [oids.serialNumber]: 64,
  [oids.title]: 64,
  [oids.emailAddress]: 255,
};
const longestOther = 255;

/** The subject of a request as it goes into the certificate. */
export interface RequestedSubject {
  /** DER Name. */
  readonly der: Uint8Array;
  readonly columns: DistinguishedNameColumns;
  readonly isEmpty: boolean;
}

/** Checks the subject against the limits that the fields of a request have. Throws PCA.00020401. */
export function requestedSubject(
  csr: Pick<CertificationRequest, 'subject' | 'subjectDer'>,
): RequestedSubject {
  const attributes = csr.subject.flat();
  for (const attribute of attributes) checkAttribute(attribute);
  return {
    der: attributes.some(needsAnotherType) ? reencoded(csr.subject) : csr.subjectDer,
    columns: columnsOfWholeName(csr.subject),
    isEmpty: attributes.length === 0,
  };
}

function checkAttribute({ type, value }: NameAttribute): void {
  if (type === oids.country && value.length !== 2) {
    throw incorrectCsr("csr: the subject's country must have two letters.");
  }
  const limit = longest[type] ?? longestOther;
  if (value === '' || [...value].length > limit) {
    throw incorrectCsr(`csr: the subject's attribute ${type} must have 1 to ${limit} characters.`);
  }
  // Control characters do not show, so a name with them looks like another one, in logs above all.
  if (/\p{Cc}/u.test(value)) {
    throw incorrectCsr(`csr: the subject's attribute ${type} has a control character.`);
  }
}

const outdatedTags: readonly (number | undefined)[] = [
  tags.teletexString,
  tags.bmpString,
  tags.universalString,
];

/**
 * RFC 5280 §4.1.2.4: a CA writes PrintableString or UTF8String. Requests come in older types, with countries in UTF-8,
 * and with an asterisk in a PrintableString, which has none.
 */
function needsAnotherType({ type, value, tag }: NameAttribute): boolean {
  if (outdatedTags.includes(tag)) return true;
  if (tag === tags.printableString) return /[*&]/.test(value);
  return type === oids.country || type === oids.serialNumber;
}

function reencoded(subject: CertificationRequest['subject']): Uint8Array {
  try {
    return encodeName(
      subject.map((rdn) =>
        rdn.map((attribute) =>
          needsAnotherType(attribute) ? { type: attribute.type, value: attribute.value } : attribute,
        ),
      ),
    );
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw incorrectCsr(`csr: the subject has ${error.message}.`, { cause: error });
  }
}
