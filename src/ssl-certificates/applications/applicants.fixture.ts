import assert from 'node:assert/strict';
import { createIdentityDouble } from '../../../test/support/identity-double.ts';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { systemRandom } from '../../platform/random.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { type Bench, openSqliteBench } from '../ssl-certificates.fixture.ts';
import { application, buy, certificatePath, createWorld, seen, type World } from './applications.fixture.ts';
import { listValidations } from './validation-store.ts';

export const dayMs = 86_400_000;
export const ov = { type: 'OV_SSL_CERT' } as const;

/** A certificate that was applied for, as its applicant sees it. */
export interface Applied {
  readonly account: InjectedAccount;
  readonly id: string;
  certificate(): Promise<SslCertificate>;
  status(): Promise<string>;
  /** Sends it, a review as the operator, and runs the jobs. */
  post(operation: string, body?: object): Promise<void>;
}

export interface Applicants {
  readonly world: World;
  readonly bench: Bench;
  readonly configuration: { applications: { organization_review?: 'automatic' | 'manual' } };
  /** A user of the operator's account. */
  readonly operator: InjectedAccount;
  /** Forgets what the test before it made of the world. */
  reset(): Promise<void>;
  applied(body?: object, bought?: Partial<SslCertificate>, account?: InjectedAccount): Promise<Applied>;
  /** Lets time pass and runs the jobs once at its end. */
  later(ms: number): Promise<void>;
  /** The applicant does as the records say. */
  publishAll(id: string): Promise<void>;
  keyCount(accountId: string): Promise<number>;
}

export async function openApplicants(): Promise<Applicants> {
  const world = await createWorld();
  const automatic = { organization_review: 'automatic' } as const;
  const configuration: Applicants['configuration'] = { applications: automatic };
  const operatorId = systemRandom.hexId();
  const identity = {
    ...createIdentityDouble(),
    isOperatorAccount: async (accountId: string) => accountId === operatorId,
  };
  const bench = await openSqliteBench({ ...world.outside, configuration, identity });
  const operator = bench.account(operatorId);
  return {
    world,
    bench,
    configuration,
    operator,
    async reset() {
      await bench.jobs.runDue();
      world.reset();
      configuration.applications = automatic;
    },
    async applied(body = {}, bought = {}, account = bench.account()) {
      const id = await buy(bench.database, account.accountId, bought);
      const post = async (operation: string, content?: object) => {
        const sender = operation === 'review' ? operator : account;
        const answer = await sender.send('POST', `${certificatePath(id)}/${operation}`, content);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        await bench.jobs.runDue();
      };
      await post('apply', { ...application, ...body });
      const certificate = () => seen(bench, account.accountId, id);
      return { account, id, post, certificate, status: async () => (await certificate()).status };
    },
    async later(ms) {
      bench.clock.advance(ms);
      await bench.jobs.runDue();
    },
    async publishAll(id) {
      for (const { record_value } of await listValidations(bench.database, id))
        world.records.add(record_value);
    },
    async keyCount(accountId) {
      const row = await bench.database
        .tables<{ kms_private_keys: { account_id: string } }>()
        .selectFrom('kms_private_keys')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
}
