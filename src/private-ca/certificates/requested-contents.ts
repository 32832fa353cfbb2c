import { type AlternativeName, type CertificationRequest, type GeneralName, oids } from '../../pki/index.ts';
import type { KeyUsage } from '../key-usage.ts';
import { alternativeNameLimit, certificateName } from './alternative-name.ts';
import { distinctNames } from './application.ts';
import { incorrectCsr } from './certification-request.ts';
import { endEntityUsageProblem, orderedUsages } from './end-entity-usage.ts';
import { purposeOfFlag } from './extended-key-usage.ts';

/** What is taken over from a request's extensions. Everything else in them is not: the issuer decides it. */
export interface RequestedContents {
  /** Undefined: the request asks for none. */
  readonly keyUsages: readonly KeyUsage[] | undefined;
  readonly alternativeNames: readonly AlternativeName[];
  readonly extendedKeyUsages: readonly string[];
}

/** For a private certificate. Throws PCA.00020401 for what `createCertificate` would refuse too. */
export function entityContents(csr: Pick<CertificationRequest, 'known' | 'subject'>): RequestedContents {
  const contents = contentsOf(csr);
  const problem = contents.keyUsages && endEntityUsageProblem(contents.keyUsages);
  if (problem !== undefined) throw incorrectCsr(`csr: its key usage ${problem}.`);
  return contents;
}

/** For a subordinate CA. Throws PCA.00020401. */
export function authorityContents(csr: Pick<CertificationRequest, 'known' | 'subject'>): RequestedContents {
  const contents = contentsOf(csr);
  // RFC 5280 §4.2.1.9: a path length means something only with keyCertSign.
  if (contents.keyUsages && !contents.keyUsages.includes('keyCertSign')) {
    throw incorrectCsr('csr: the key usage of a subordinate CA must hold keyCertSign.');
  }
  return contents;
}

function contentsOf({ known, subject }: Pick<CertificationRequest, 'known' | 'subject'>): RequestedContents {
  return {
    keyUsages: known.keyUsage && orderedUsages(known.keyUsage),
    alternativeNames: distinctNames([
      ...requestedNames(known.subjectAlternativeNames ?? []),
      ...addressesIn(subject),
    ]),
    extendedKeyUsages: requestedPurposes(known.extendedKeyUsage ?? []),
  };
}

function requestedNames(names: readonly GeneralName[]): AlternativeName[] {
  if (names.length > alternativeNameLimit) {
    throw incorrectCsr(`csr: it has more than ${alternativeNameLimit} alternative names.`);
  }
  return names.map(requestedName);
}

/** RFC 5280 §4.1.2.6: an e-mail address in the subject has to stand among the alternative names too. */
function addressesIn(subject: CertificationRequest['subject']): AlternativeName[] {
  return subject.flat().flatMap(({ type, value }) => {
    const checked = type === oids.emailAddress && certificateName({ type: 'EMAIL', value });
    return checked && 'name' in checked ? [checked.name] : [];
  });
}

function requestedName(name: GeneralName, index: number): AlternativeName {
  if (!('value' in name)) {
    throw incorrectCsr(`csr: alternative name ${index + 1} is not a DNS, IP, EMAIL, URI or UPN name.`);
  }
  const checked = certificateName(name);
  if ('problem' in checked) {
    throw incorrectCsr(`csr: alternative name ${index + 1} (${name.type}) ${checked.problem}.`);
  }
  return checked.name;
}

const allowedPurposes: readonly string[] = Object.values(purposeOfFlag);

/**
 * Only what the API itself offers. An OCSP signer above all would speak for its issuer (RFC 6960 §4.2.2.2); to leave a purpose out
 * silently could leave none, and so allow every purpose.
 */
function requestedPurposes(purposes: readonly string[]): string[] {
  const unknown = purposes.find((purpose) => !allowedPurposes.includes(purpose));
  if (unknown !== undefined) throw incorrectCsr(`csr: the extended key usage ${unknown} is not supported.`);
  return [...new Set(purposes)];
}
