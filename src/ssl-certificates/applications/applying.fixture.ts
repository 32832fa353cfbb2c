import assert from 'node:assert/strict';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { type Bench, openSqliteBench } from '../ssl-certificates.fixture.ts';
import { findApplication } from './application-store.ts';
import { application, buy, certificatePath, createWorld, seen, type World } from './applications.fixture.ts';

interface Applied {
  readonly account: InjectedAccount;
  readonly id: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}

export interface Applying {
  readonly world: World;
  readonly bench: Bench;
  /** Applies for a certificate that is as bought, with the example's data but for `body`. */
  accepted(
    body?: object,
    bought?: Partial<SslCertificate>,
  ): Promise<{ certificate: SslCertificate; account: InjectedAccount; id: string }>;
  /** Makes sure that it is refused with this code and nothing is changed; answers the text. */
  refused(code: string, body: object, bought?: Partial<SslCertificate>): Promise<string>;
}

export async function openApplying(): Promise<Applying> {
  const world = await createWorld();
  const bench = await openSqliteBench(world.outside);
  async function apply(body: object = {}, bought: Partial<SslCertificate> = {}): Promise<Applied> {
    const account = bench.account();
    const id = await buy(bench.database, account.accountId, bought);
    const answer = await account.send('POST', `${certificatePath(id)}/apply`, { ...application, ...body });
    const { error_code: code, error_msg: message } = answer.body;
    return { account, id, status: answer.status, code, message };
  }

  async function accepted(body: object = {}, bought: Partial<SslCertificate> = {}) {
    const { account, id, status, message } = await apply(body, bought);
    assert.equal(status, 200, message);
    return { certificate: await seen(bench, account.accountId, id), account, id };
  }

  async function refused(code: string, body: object, bought: Partial<SslCertificate> = {}): Promise<string> {
    const { account, id, status, ...answer } = await apply(body, bought);
    assert.deepEqual([status, answer.code], [code === 'SCM.0087' ? 500 : 400, code], answer.message);
    const certificate = await seen(bench, account.accountId, id);
    assert.deepEqual([certificate.status, certificate.version], ['PAID', 1]);
    assert.equal(await findApplication(bench.database, id), undefined);
    return answer.message;
  }
  return { world, bench, accepted, refused };
}
