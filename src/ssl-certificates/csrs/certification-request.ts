import type { KeyOwner, KeyStore, UnsavedKey } from '../../kms/key-store.ts';
import {
  attributesOfName,
  buildCsr,
  type CertificationRequest,
  type GeneralName,
  MalformedError,
  nameFromAttributes,
  parseCsr,
  parseSinglePem,
  signatureAlgorithmFor,
  subjectAlternativeNameExtension,
  UnsupportedAlgorithmError,
} from '../../pki/index.ts';
import { scmError } from '../errors.ts';
import { type BoundName, readBoundName } from './bound-name.ts';
import { type CertifiedKeyAlgorithm, type KeyAlgorithmName, keyAlgorithmName } from './key-algorithm.ts';

/** Whose account key wraps the keys of certificates and CSRs. */
export function keyOwner(accountId: string): KeyOwner {
  return { accountId, purpose: 'scm' };
}

export interface RequestedSubject {
  readonly country?: string | undefined;
  readonly province?: string | undefined;
  readonly city?: string | undefined;
  readonly organization?: string | undefined;
  readonly unit?: string | undefined;
}

/** A key pair and the request that it signed; the key is not stored yet. `names`: at least one, the primary one first. */
export async function generateRequest(
  { keyStore }: { readonly keyStore: Pick<KeyStore, 'generate'> },
  accountId: string,
  request: {
    readonly names: readonly BoundName[];
    readonly keyAlgorithm: CertifiedKeyAlgorithm;
    readonly subject?: RequestedSubject | undefined;
  },
): Promise<{ readonly key: UnsavedKey; readonly csrDer: Uint8Array }> {
  const { names, keyAlgorithm, subject = {} } = request;
  const key = await keyStore.generate(keyOwner(accountId), keyAlgorithm);
  const [primary] = names;
  const csrDer = await buildCsr({
    subject: nameFromAttributes({
      // RFC 5280 appendix A.1: ub-common-name is 64. A longer name stands among the alternative ones alone.
      commonName: primary && primary.name.length <= 64 ? primary.name : undefined,
      country: subject.country,
      state: subject.province,
      locality: subject.city,
      organization: subject.organization,
      organizationalUnit: subject.unit,
    }),
    signer: key.signer,
    signatureAlgorithm: signatureAlgorithmFor(keyAlgorithm),
    extensions: [subjectAlternativeNameExtension(names.map(generalNameOf))],
  });
  return { key, csrDer };
}

function generalNameOf({ name, kind }: BoundName): GeneralName {
  return { type: kind === 'address' ? 'IP' : 'DNS', value: name };
}

/** RFC 7468 §7, and the label that older software writes. */
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** A request of an applicant, whose possession of the key is proven. */
export interface ProvenRequest {
  readonly csr: CertificationRequest;
  readonly keyAlgorithm: KeyAlgorithmName;
  /** The common name, if it is a name of a host, and the alternative names; without duplicates, at least one. */
  readonly names: readonly BoundName[];
}

/** Reads PEM. Throws SCM.0034 for what is malformed, weak, of another key or not signed with it, SCM.0033 without a name of a host. */
export async function readRequest(pem: string): Promise<ProvenRequest> {
  try {
    const csr = parseCsr(parseSinglePem(pem, ...labels));
    const keyAlgorithm = keyAlgorithmName(csr.publicKey.algorithm);
    if (keyAlgorithm === undefined)
      throw scmError('SCM.0034', 'csr: its key must be RSA of 2048, 3072 or 4096 bits, P-256, P-384 or SM2.');
    if (!(await csr.verify())) throw scmError('SCM.0034', 'csr: its signature does not fit its public key.');
    const names = namesOf(csr);
    if (names.length === 0)
      throw scmError('SCM.0033', 'csr: neither its common name nor its alternative names name a host.');
    return { csr, keyAlgorithm, names };
  } catch (error) {
    if (error instanceof MalformedError || error instanceof UnsupportedAlgorithmError)
      throw scmError('SCM.0034', `csr: ${error.message}.`, { cause: error });
    throw error;
  }
}

function namesOf(csr: CertificationRequest): BoundName[] {
  const { commonName } = attributesOfName(csr.subject);
  const alternatives = (csr.known.subjectAlternativeNames ?? []).flatMap((name) =>
    name.type === 'DNS' || name.type === 'IP' ? [name.value] : [],
  );
  const names = new Map<string, BoundName>();
  for (const given of [...(commonName === undefined ? [] : [commonName]), ...alternatives]) {
    const read = readBoundName(given);
    if ('name' in read) names.set(read.name, read);
  }
  return [...names.values()];
}
