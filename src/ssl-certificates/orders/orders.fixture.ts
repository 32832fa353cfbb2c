import assert from 'node:assert/strict';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { certificatesPath } from '../certificates/imports.fixture.ts';
import { scmError } from '../errors.ts';
import type { Issuer, Issuers } from '../issuers/issuer.ts';

/** Issuers for all brands but VTRUS, which nobody issues; orders only ask whether there is one. */
export const everyIssuer: Issuers = {
  chosen(brand) {
    if (brand === 'VTRUS') throw scmError('SCM.0017', 'There is no issuer of VTRUS.');
    return { name: 'double', issuer: {} as Issuer };
  },
  named: () => undefined,
};

export const product = {
  cert_brand: 'GEOTRUST',
  cert_type: 'OV_SSL_CERT',
  domain_type: 'SINGLE_DOMAIN',
  effective_time: 1,
  domain_numbers: 1,
  order_number: 1,
  agree_privacy_protection: true,
} as const;

export const paid = { ...product, is_auto_pay: true };

export interface Bought {
  readonly order_id: string;
  readonly cert: readonly { readonly cert_id: string }[];
}

export async function buy(account: InjectedAccount, body: object): Promise<Bought> {
  const answer = await account.send<Bought>('POST', `${certificatesPath}/buy`, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** The id of one certificate that is bought and paid. */
export async function buyOne(account: InjectedAccount, change: object = {}): Promise<string> {
  const { cert } = await buy(account, { ...paid, ...change });
  assert.equal(cert.length, 1);
  return cert[0]!.cert_id;
}
