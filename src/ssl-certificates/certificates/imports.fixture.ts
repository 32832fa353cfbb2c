import assert from 'node:assert/strict';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import {
  type AlternativeName,
  basicConstraintsExtension,
  encodePem,
  generateKeyPair,
  issueCertificate,
  type KeyAlgorithm,
  nameFromAttributes,
  newSerialNumber,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import { systemRandom } from '../../platform/random.ts';
import { testNowMs } from '../ssl-certificates.fixture.ts';

export const certificatesPath = '/v3/scm/certificates';
export const dayMs = 86_400_000;

/** How a certificate differs from one of a P-256 key for www.example.com that is valid for a year. */
export interface Wish {
  readonly commonName?: string | undefined;
  readonly names?: readonly AlternativeName[];
  readonly notAfterMs?: number;
  readonly keyAlgorithm?: KeyAlgorithm;
  readonly isCa?: boolean;
  /** Signs itself unless it is given. */
  readonly issuer?: Made;
}

export interface Made {
  readonly commonName: string | undefined;
  readonly certificate: string;
  readonly private_key: string;
  readonly privateKeyPkcs8: Uint8Array;
  readonly keyAlgorithm: KeyAlgorithm;
}

export const dns = (...values: string[]) => values.map((value) => ({ type: 'DNS', value }) as const);

/** A certificate of elsewhere, and its key. */
export async function make(wish: Wish = {}): Promise<Made> {
  const {
    commonName = 'www.example.com',
    names = [],
    notAfterMs = testNowMs + 365 * dayMs,
    isCa = false,
    issuer,
  } = 'commonName' in wish ? { ...wish, commonName: wish.commonName ?? '' } : wish;
  const keyAlgorithm = wish.keyAlgorithm ?? 'EC256';
  const pair = await generateKeyPair(keyAlgorithm);
  const signing = issuer ?? { commonName, keyAlgorithm, privateKeyPkcs8: pair.privateKeyPkcs8 };
  const der = await issueCertificate({
    serialNumber: newSerialNumber(systemRandom.bytes),
    issuer: nameFromAttributes({ commonName: signing.commonName || 'Issuer' }),
    subject: nameFromAttributes(commonName === '' ? { organization: 'Nameless' } : { commonName }),
    notBeforeMs: notAfterMs - 400 * dayMs,
    notAfterMs,
    subjectPublicKeySpki: pair.publicKeySpki,
    extensions: [
      basicConstraintsExtension(isCa),
      ...(names.length > 0 ? [subjectAlternativeNameExtension(names)] : []),
    ],
    signatureAlgorithm: signatureAlgorithmFor(signing.keyAlgorithm),
    signer: signerFromPkcs8(signing.privateKeyPkcs8),
  });
  return {
    commonName: commonName || undefined,
    certificate: encodePem('CERTIFICATE', der),
    private_key: encodePem('PRIVATE KEY', pair.privateKeyPkcs8),
    privateKeyPkcs8: pair.privateKeyPkcs8,
    keyAlgorithm,
  };
}

export function importBody({ certificate, private_key }: Pick<Made, 'certificate' | 'private_key'>) {
  return { name: 'test_cert', certificate, private_key };
}

/** The id of the imported certificate. */
export async function imported(account: InjectedAccount, body: object): Promise<string> {
  const answer = await account.send<{ certificate_id: string }>('POST', `${certificatesPath}/import`, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.deepEqual(Object.keys(answer.body), ['certificate_id']);
  return answer.body.certificate_id;
}

export interface Details {
  readonly [field: string]: unknown;
  readonly status: string;
}

export async function detailsOf(account: InjectedAccount, id: string): Promise<Details> {
  const answer = await account.send<Details>('GET', `${certificatesPath}/${id}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export interface Page {
  readonly certificates: readonly (Details & { readonly id: string; readonly name: string })[];
  readonly total_count: number;
}

export async function pageOf(account: InjectedAccount, query = ''): Promise<Page> {
  const answer = await account.send<Page>('GET', `${certificatesPath}?${query}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export interface Exported {
  readonly entire_certificate: string;
  readonly certificate: string;
  readonly certificate_chain: string | null;
  readonly private_key: string | null;
  readonly enc_certificate?: string | null;
  readonly enc_private_key?: string | null;
}

export async function exported(account: InjectedAccount, id: string): Promise<Exported> {
  const answer = await account.send<Exported>('POST', `${certificatesPath}/${id}/export`, {});
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export function assertRefused(
  answer: {
    readonly status: number;
    readonly body: { readonly error_code: string; readonly error_msg: string };
  },
  status: number,
  code: string,
  text?: RegExp,
): void {
  assert.deepEqual([answer.status, answer.body.error_code], [status, code], JSON.stringify(answer.body));
  if (text) assert.match(answer.body.error_msg, text);
}
