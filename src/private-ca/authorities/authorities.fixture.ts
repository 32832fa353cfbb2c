import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type Certificate, parseCertificate, parsePem } from '../../pki/index.ts';
import type { Answer, ApiError, Bench, BenchAccount } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import type { AuthorityResponse } from './authority-presentation.ts';

export const path = '/v1/private-certificate-authorities';

export const subject = {
  common_name: 'Test CA',
  country: 'CN',
  state: 'Sichuan',
  locality: 'Chengdu',
  organization: 'Example',
  organizational_unit: 'PKI',
};

export const rootBody = {
  type: 'ROOT',
  key_algorithm: 'EC256',
  signature_algorithm: 'SHA256',
  distinguished_name: subject,
  validity: { type: 'YEAR', value: 10 },
};

export const pendingBody = { type: 'SUBORDINATE', key_algorithm: 'EC256', distinguished_name: subject };

export function subordinateBody(issuerId: string) {
  return {
    ...pendingBody,
    issuer_id: issuerId,
    signature_algorithm: 'SHA256',
    validity: { type: 'YEAR', value: 1 },
  };
}

/** What activation needs, for a pay-per-use subordinate CA. */
export function activationBody(issuerId: string) {
  return { issuer_id: issuerId, signature_algorithm: 'SHA256', validity: { type: 'YEAR', value: 1 } };
}

export async function create(account: BenchAccount, body: object = rootBody): Promise<string> {
  const answer = await account.send<{ ca_id: string }>('POST', path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.ca_id;
}

export async function details(account: BenchAccount, caId: string): Promise<AuthorityResponse> {
  const answer = await account.send<AuthorityResponse>('GET', `${path}/${caId}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export async function post(account: BenchAccount, caId: string, verb: string, body?: unknown) {
  return account.send('POST', `${path}/${caId}/${verb}`, body);
}

export function assertDone(answer: Answer<unknown>): void {
  assert.deepEqual({ status: answer.status, body: answer.body }, { status: 204, body: undefined });
}

/** The answer has this status and code, and its text says this much. */
export function assertRefused(
  answer: Answer<ApiError>,
  status: number,
  code: string,
  text: RegExp | '' = '',
): void {
  assert.deepEqual(Object.keys(answer.body ?? {}), ['error_code', 'error_msg'], JSON.stringify(answer));
  assert.equal(`${answer.status} ${answer.body.error_code}`, `${status} ${code}`, answer.body.error_msg);
  if (text !== '') assert.match(answer.body.error_msg, text);
}

export interface Exported {
  readonly certificate: string;
  readonly certificate_chain: string | null;
}

export async function exported(account: BenchAccount, caId: string): Promise<Exported> {
  const answer = await account.send<Exported>('POST', `${path}/${caId}/export`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** The certificate as Node reads it and as we do. */
export async function certificateOf(
  account: BenchAccount,
  caId: string,
): Promise<{ x509: X509Certificate; parsed: Certificate }> {
  const { certificate } = await exported(account, caId);
  return { x509: new X509Certificate(certificate), parsed: parseCertificate(parsePem(certificate)[0]!.der) };
}

/** Makes the CA DISABLED, then DELETED. */
export async function scheduleDeletion(account: BenchAccount, caId: string, pendingDays = 7): Promise<void> {
  assertDone(await post(account, caId, 'disable'));
  assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=${pendingDays}`));
}

export interface QuotaBody {
  readonly quotas: { readonly resources: { type: string; used: number; quota: number }[] };
}

export async function usedQuota(account: BenchAccount): Promise<number | undefined> {
  const answer = await account.send<QuotaBody>('GET', `${path}/quotas`);
  return answer.body.quotas.resources[0]?.used;
}

/** A subordinate CA of this issuer for a CSR from outside, whose key is not kept here (reference 4.2.2.3). */
export async function issueByCsr(
  account: BenchAccount,
  issuerId: string,
  fields: object = {},
): Promise<string> {
  const distinguished_name = { ...subject, common_name: 'External CA' };
  const pendingId = await create(account, { ...pendingBody, distinguished_name });
  const { body } = await account.send<{ csr: string }>('GET', `${path}/${pendingId}/csr`);
  const issued = await account.send<{ certificate_id: string }>('POST', '/v1/private-certificates/csr', {
    issuer_id: issuerId,
    csr: body.csr,
    type: 'INTERMEDIATE_CA',
    validity: { type: 'YEAR', value: 1 },
    ...fields,
  });
  assert.equal(issued.status, 200, JSON.stringify(issued.body));
  await account.send('DELETE', `${path}/${pendingId}`);
  return issued.body.certificate_id;
}

export const orderBody = {
  cloud_service_type: 'hws.service.type.ccm',
  charging_mode: 0,
  period_type: 2,
  period_num: 1,
  is_auto_renew: 0,
  subscription_num: 1,
  product_infos: [
    {
      cloud_service_type: 'hws.service.type.ccm',
      resource_type: 'hws.resource.type.pca.duration',
      resource_spec_code: 'ca.duration',
    },
  ],
};

export interface OrderAnswer {
  readonly order_id: string;
  readonly ca_ids: string[];
}

/** A purchased CA. */
export async function order(account: BenchAccount): Promise<string> {
  const answer = await account.send<OrderAnswer>('POST', `${path}/order`, orderBody);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.ca_ids[0]!;
}

/** A body without some of its fields. */
export function without(body: object, ...fields: string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

/** For a new account, the creation is refused so and leaves nothing, not even in the audit trail of changes. */
export async function assertCreationRefused(
  bench: Bench,
  body: unknown,
  status: number,
  code: string,
  text: RegExp | '' = '',
): Promise<void> {
  const account = bench.account();
  assertRefused(await account.send('POST', path, body), status, code, text);
  const left = await bench.database
    .tables<PrivateCaTables>()
    .selectFrom('certificate_authorities')
    .select('ca_id')
    .where('account_id', '=', account.accountId)
    .execute();
  assert.deepEqual(left, []);
  assert.deepEqual(await account.audits(), []);
}
