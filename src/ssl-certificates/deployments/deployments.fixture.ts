import { createHash } from 'node:crypto';
import { after } from 'node:test';
import { freshAddress } from '../../../test/support/databases.ts';
import { type InjectedAccount, injectedAccounts } from '../../../test/support/injected-accounts.ts';
import { createJobs, type Jobs } from '../../jobs/index.ts';
import type { KeyAlgorithm } from '../../pki/index.ts';
import { type Database, openDatabase } from '../../platform/db/index.ts';
import { createHttpApp, registerApi } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { apiErrors } from '../api-errors.ts';
import { insertCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import { blankCertificate } from '../certificates/new-certificate.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type Bench, benchMigrations, openBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { testCertificate } from '../targets/bundle.fixture.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { redeploymentHandlers } from './redeploy-successor.ts';
import { type MemoryTargets, memoryTargets } from './targets.fixture.ts';

export const dayMs = 86_400_000;

export interface StoredOptions {
  readonly names?: readonly string[];
  readonly algorithm?: KeyAlgorithm;
  /** The applicant keeps the private key. */
  readonly withoutKey?: boolean;
  readonly columns?: Partial<SslCertificate>;
}

export interface DeploymentBench extends Omit<Bench, 'jobs'> {
  readonly ports: SslCertificatesPorts;
  readonly targets: MemoryTargets;
  /** Runs redeployments only. */
  readonly jobs: Jobs;
  account(accountId?: string): InjectedAccount;
  /** An issued certificate of the account, with its key in the key store. Answers its id. */
  store(accountId: string, options?: StoredOptions): Promise<string>;
}

/** The routes and jobs of this folder, with services that keep everything in memory. */
export async function openDeploymentBench(database: Database): Promise<DeploymentBench> {
  const targets = memoryTargets();
  const bench = await openBench(database, { targets });
  const { clock } = bench;
  const { random, log } = bench.ports;
  const jobs = createJobs({ database, clock, random, log });
  const ports: SslCertificatesPorts = { ...bench.ports, jobs };
  for (const [kind, handler] of Object.entries(redeploymentHandlers(ports))) jobs.handle(kind, handler);
  const app = createHttpApp({ random, log });
  const accounts = injectedAccounts(app, random);
  await registerApi(app, { ...apiErrors, authenticate: accounts.authenticate, log }, deploymentRoutes(ports));
  const store: DeploymentBench['store'] = async (accountId, options = {}) => {
    const { names = ['www.example.test'], algorithm = 'EC256', withoutKey = false, columns } = options;
    const { certificateDer, privateKeyPkcs8 } = await testCertificate(names, algorithm);
    const chain = [await testCertificate(['sub.test']), await testCertificate(['root.test'])];
    const key = await bench.keyStore.importPrivateKey({ accountId, purpose: 'scm' }, privateKeyPkcs8);
    return database.transaction(async (transaction) => {
      await bench.keyStore.save(transaction, key);
      return insertCertificate(transaction, {
        ...blankCertificate,
        account_id: accountId,
        enterprise_project_id: '0',
        name: 'shop',
        status: 'ISSUED',
        domain: names[0]!,
        sans: names.join(';'),
        domain_count: names.length,
        wildcard_count: 0,
        created_at: clock.nowMs(),
        updated_at: clock.nowMs(),
        not_before: testNowMs - dayMs,
        not_after: testNowMs + 90 * dayMs,
        fingerprint: createHash('sha1').update(certificateDer).digest('hex'),
        key_algorithm: algorithm,
        certificate_der: certificateDer,
        chain_der: Buffer.concat(chain.map((each) => each.certificateDer)),
        key_id: withoutKey ? null : key.keyId,
        ...columns,
      });
    });
  };
  return { ...bench, ports, targets, jobs, account: accounts.account, store };
}

/** One bench for a whole file of tests, on SQLite. */
export async function openSqliteDeploymentBench(): Promise<DeploymentBench> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: benchMigrations, log: silentLog });
  after(() => database.close());
  return openDeploymentBench(database);
}
