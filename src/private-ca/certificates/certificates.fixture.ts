import assert from 'node:assert/strict';
import { sign as signWithNode } from 'node:crypto';
import { after } from 'node:test';
import { freshAddress } from '../../../test/support/databases.ts';
import {
  buildCsr,
  type Certificate,
  type DistinguishedName,
  type Extension,
  encodePem,
  generateKeyPair,
  type KeyAlgorithm,
  nameFromAttributes,
  parseCertificate,
  parsePem,
  type Signer,
  signatureAlgorithmFor,
  signerFromPkcs8,
} from '../../pki/index.ts';
import { openDatabase } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { path as caPath, create, type Exported, rootBody } from '../authorities/authorities.fixture.ts';
import type { AuthorityResponse } from '../authorities/authority-presentation.ts';
import {
  type Answer,
  type Bench,
  type BenchAccount,
  benchMigrations,
  openBench,
} from '../private-ca.fixture.ts';
import type { QuotaLimits } from '../quota-store.ts';
import { isMlDsa } from '../signature-algorithm.ts';
import type { CertificateResponse } from './certificate-presentation.ts';

export const path = '/v1/private-certificates';

/** For the tests of one file, which keep apart by accounts: what both databases must do alike is tested on both elsewhere. */
export async function openSqliteBench(quotas?: QuotaLimits): Promise<Bench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openBench(database, quotas && { quotas });
}

/** A root CA with this key; SM2 signs with SM3, ML-DSA with itself. */
export function createRoot(
  account: BenchAccount,
  keyAlgorithm = 'EC256',
  changes: object = {},
): Promise<string> {
  const hash = keyAlgorithm === 'SM2' ? 'SM3' : 'SHA256';
  const signature_algorithm = isMlDsa(keyAlgorithm) ? keyAlgorithm : hash;
  return create(account, { ...rootBody, key_algorithm: keyAlgorithm, signature_algorithm, ...changes });
}

export function certificateBody(issuerId: string) {
  return {
    issuer_id: issuerId,
    distinguished_name: { common_name: 'test.example.com' },
    validity: { type: 'DAY', value: 30 },
  };
}

export function csrBody(issuerId: string, csr: string) {
  return { issuer_id: issuerId, csr, validity: { type: 'DAY', value: 30 } };
}

async function issuedBy(answer: Promise<Answer<{ certificate_id: string }>>): Promise<string> {
  const { status, body } = await answer;
  assert.equal(status, 200, JSON.stringify(body));
  return body.certificate_id;
}

export function issue(account: BenchAccount, issuerId: string, changes: object = {}): Promise<string> {
  return issuedBy(account.send('POST', path, { ...certificateBody(issuerId), ...changes }));
}

export function issueByCsr(
  account: BenchAccount,
  issuerId: string,
  csr: string,
  changes: object = {},
): Promise<string> {
  return issuedBy(account.send('POST', `${path}/csr`, { ...csrBody(issuerId, csr), ...changes }));
}

export interface SubordinateByCsr {
  readonly id: string;
  readonly shown: AuthorityResponse;
  readonly exported: Exported;
}

/** A subordinate CA whose key stays with whoever made the CSR, as the details and the export show it. */
export async function subordinateByCsr(
  account: BenchAccount,
  issuerId: string,
  csr: string,
  changes: object = {},
): Promise<SubordinateByCsr> {
  const id = await issueByCsr(account, issuerId, csr, { type: 'INTERMEDIATE_CA', ...changes });
  const shown = await account.send<AuthorityResponse>('GET', `${caPath}/${id}`);
  const exported = await account.send<Exported>('POST', `${caPath}/${id}/export`);
  return { id, shown: shown.body, exported: exported.body };
}

export async function details(account: BenchAccount, certificateId: string): Promise<CertificateResponse> {
  const answer = await account.send<CertificateResponse>('GET', `${path}/${certificateId}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export type ExportedFields = Record<string, string>;

export async function exportedFields(
  account: BenchAccount,
  certificateId: string,
  changes: object = {},
): Promise<ExportedFields> {
  const body = { type: 'OTHER', is_compressed: false, ...changes };
  const answer = await account.send<ExportedFields>('POST', `${path}/${certificateId}/export`, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export function parsedPem(pem: string): Certificate {
  return parseCertificate(parsePem(pem)[0]!.der);
}

/** The certificate itself, as it is exported. */
export async function certificateOf(account: BenchAccount, certificateId: string): Promise<Certificate> {
  return parsedPem((await exportedFields(account, certificateId)).certificate!);
}

export interface CsrOptions {
  readonly keyAlgorithm?: KeyAlgorithm;
  readonly subject?: DistinguishedName;
  readonly extensions?: readonly Extension[];
  readonly signer?: Signer;
}

export async function newSigner(keyAlgorithm: KeyAlgorithm): Promise<Signer> {
  return signerFromPkcs8((await generateKeyPair(keyAlgorithm)).privateKeyPkcs8);
}

/** PEM of a request, for a new key unless a signer is given. */
export async function csrOf(options: CsrOptions = {}): Promise<string> {
  const signer = options.signer ?? (await newSigner(options.keyAlgorithm ?? 'EC256'));
  const der = await buildCsr({
    subject:
      options.subject ?? nameFromAttributes({ commonName: 'device.example.com', organization: 'Example' }),
    signer,
    signatureAlgorithm: signatureAlgorithmFor(signer.keyAlgorithm),
    extensions: options.extensions ?? [],
  });
  return encodePem('CERTIFICATE REQUEST', der);
}

/** Signs with SHA256withRSA for a public key that may be too weak for the product itself. */
export function rsaSigner(publicKeySpki: Uint8Array, privateKeyPem: string): Signer {
  return {
    keyAlgorithm: 'RSA2048',
    publicKeySpki,
    sign: async (data) => signWithNode('sha256', data, privateKeyPem),
  };
}

/** How many certificates the account has, by its list and by its quota, which must agree. */
export async function countOf(account: BenchAccount): Promise<number> {
  const list = await account.send<{ total: number; certificates: unknown[] }>('GET', `${path}?limit=1000`);
  const quotas = await account.send<{ quotas: { resources: { used: number }[] } }>('GET', `${path}/quotas`);
  assert.equal(list.body.certificates.length, list.body.total);
  assert.equal(quotas.body.quotas.resources[0]?.used, list.body.total);
  return list.body.total;
}
