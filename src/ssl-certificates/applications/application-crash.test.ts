import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { Database } from '../../platform/db/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type Bench, benchMigrations, openBench } from '../ssl-certificates.fixture.ts';
import { advanceApplication } from './advance-application.ts';
import { applicationKind } from './application-job.ts';
import { application, buy, createWorld, seen, type World } from './applications.fixture.ts';
import { applyCertificate } from './apply-certificate.ts';
import { cancelApplication } from './cancel-application.ts';
import { carryOutRevocation, revokeCertificate } from './revoke-certificate.ts';
import { listValidations } from './validation-store.ts';

class Killed extends Error {}

type Instant = 'before the commit' | 'after the commit';

/** A database whose process dies at its nth transaction from now on; what was committed stays. */
function dying(database: Database, transactions: number, instant: Instant) {
  let left = transactions;
  const dyingDatabase: Database = {
    engine: database.engine,
    tables: () => database.tables(),
    probe: () => database.probe(),
    checkIntegrity: () => database.checkIntegrity(),
    close: () => database.close(),
    async transaction(work) {
      if (left < 0) throw new Killed();
      left -= 1;
      const isLast = left < 0;
      const result = await database.transaction(async (transaction) => {
        const done = await work(transaction);
        if (isLast && instant === 'before the commit') throw new Killed();
        return done;
      });
      if (isLast) throw new Killed();
      return result;
    },
  };
  return { database: dyingDatabase, survived: () => left >= 0 };
}

/** Ports of a process of its own: nobody takes steps but the test. */
function processOn(bench: Bench, database: Database): SslCertificatesPorts {
  return { ...bench.ports, database, jobs: { ...bench.ports.jobs, wake: () => {} } };
}

/** Takes step after step until there is nothing to do. */
async function run(bench: Bench, ports: SslCertificatesPorts, accountId: string, id: string): Promise<void> {
  for (;;) {
    const nextMs = await advanceApplication(ports, [], accountId, id);
    if (nextMs === undefined) return;
    bench.clock.advance(Math.max(nextMs - bench.clock.nowMs(), 0));
  }
}

async function rowsAbout(database: Database, accountId: string): Promise<Record<string, number>> {
  const tables = database.tables<Record<string, { account_id: string }>>();
  const names = ['ssl_certificates', 'ssl_applications', 'ssl_domain_validations', 'kms_private_keys'];
  const counts = names.map(async (name) => {
    const { count } = await tables
      .selectFrom(name)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow();
    return [name, count] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** An issuer that keeps books, as those that have a CA here do: one line for each certificate that it stored. */
function keepBooks(bench: Bench, world: World): void {
  world.settings.issuance = async (request) => {
    const issued = await world.certify(request);
    const record: NonNullable<(typeof issued & { kind: 'issued' })['record']> = (transaction) =>
      bench.ports.identity.recordAudit(
        transaction,
        bench.ports.identity.systemActor(request.accountId, 'books'),
        {
          action: 'issued',
          resourceType: 'cert',
          resourceId: request.certificateId,
          result: 'success',
        },
      );
    return issued.kind === 'issued' ? { ...issued, record } : issued;
  };
}

const body = { ...application, auto_dns_auth: true };

/** Nothing waits for a person. */
const unattended = ({ outside }: World) => ({
  ...outside,
  configuration: { applications: { organization_review: 'automatic' } } as const,
});

describeOnEachDatabase('a process that applies for a certificate', benchMigrations, (open) => {
  for (const instant of ['before the commit', 'after the commit'] as const) {
    test(`may die ${instant} of any step: another goes on, and there is one certificate`, async () => {
      const world = await createWorld();
      const bench = await openBench(await open(), unattended(world));
      keepBooks(bench, world);
      const intact = processOn(bench, bench.database);
      for (let transactions = 0, survived = false; !survived; transactions += 1) {
        const { accountId, actor } = bench.account();
        const id = await buy(bench.database, accountId, { type: 'OV_SSL_CERT' });
        const doomed = dying(bench.database, transactions, instant);
        const ports = processOn(bench, doomed.database);
        try {
          await applyCertificate(ports, actor, id, body);
          await run(bench, ports, accountId, id);
        } catch (error) {
          assert.ok(error instanceof Killed, String(error));
        }
        survived = doomed.survived();
        if ((await seen(bench, accountId, id)).status === 'PAID')
          await applyCertificate(intact, actor, id, body);
        await run(bench, intact, accountId, id);
        const certificate = await seen(bench, accountId, id);
        assert.equal(certificate.status, 'ISSUED', `died in transaction ${transactions}`);
        assert.deepEqual(await rowsAbout(bench.database, accountId), {
          ssl_certificates: 1,
          ssl_applications: 1,
          ssl_domain_validations: 1,
          kms_private_keys: 1,
        });
        const audits = await bench.audits(accountId);
        assert.equal(audits.filter(({ action }) => action === 'issued').length, 1);
        const [validation] = await listValidations(bench.database, id);
        assert.equal(validation?.publication, 'withdrawn');
        await bench.jobs.runDue();
        assert.ok(!world.records.has(validation!.record_value));
        // Of the steps: applying, checking, the organisation, its review, issuing.
        if (survived) assert.equal(transactions, 5);
      }
    });

    test(`may die ${instant} of a cancellation or a revocation`, async () => {
      const world = await createWorld();
      const bench = await openBench(await open(), unattended(world));
      const intact = processOn(bench, bench.database);
      world.settings.verdict = { kind: 'absent', reason: 'Not there.' };
      for (let transactions = 0, survived = false; !survived; transactions += 1) {
        const { accountId, actor } = bench.account();
        const id = await buy(bench.database, accountId);
        await applyCertificate(intact, actor, id, body);
        const doomed = dying(bench.database, transactions, instant);
        const ports = processOn(bench, doomed.database);
        try {
          await cancelApplication(ports, actor, id);
          await run(bench, ports, accountId, id);
        } catch (error) {
          assert.ok(error instanceof Killed, String(error));
        }
        survived = doomed.survived();
        if ((await seen(bench, accountId, id)).status === 'CHECKING_DOMAIN')
          await cancelApplication(intact, actor, id);
        await run(bench, intact, accountId, id);
        assert.equal((await seen(bench, accountId, id)).status, 'PAID');
        assert.deepEqual(await rowsAbout(bench.database, accountId), {
          ssl_certificates: 1,
          ssl_applications: 0,
          ssl_domain_validations: 0,
          kms_private_keys: 0,
        });
      }
      delete world.settings.verdict;
      for (let transactions = 0, survived = false; !survived; transactions += 1) {
        const { accountId, actor } = bench.account();
        const id = await buy(bench.database, accountId);
        await applyCertificate(intact, actor, id, body);
        await run(bench, intact, accountId, id);
        const doomed = dying(bench.database, transactions, instant);
        const ports = processOn(bench, doomed.database);
        const job = { accountId, key: id };
        try {
          await revokeCertificate(ports, actor, id, 'SUPERSEDED');
          await carryOutRevocation(ports, job);
        } catch (error) {
          assert.ok(error instanceof Killed, String(error));
        }
        survived = doomed.survived();
        if ((await seen(bench, accountId, id)).status === 'ISSUED')
          await revokeCertificate(intact, actor, id, 'SUPERSEDED');
        await carryOutRevocation(intact, job);
        assert.equal((await seen(bench, accountId, id)).status, 'REVOKED');
        const audits = await bench.audits(accountId);
        assert.equal(audits.filter(({ detail }) => detail === 'REVOKED').length, 1);
      }
    });
  }

  test('takes each step once if there are two on one database', async () => {
    const world = await createWorld();
    const database = await open();
    const one = await openBench(database, unattended(world));
    const other = await openBench(database, unattended(world));
    const quiet = processOn(one, database);
    const names = Array.from({ length: 8 }, (_, index) => `host${index}.test.com`);
    const { accountId, actor } = one.account();
    const ids = await Promise.all(
      names.map(async (domain) => {
        const id = await buy(database, accountId);
        await applyCertificate(quiet, actor, id, { ...body, domain });
        return id;
      }),
    );
    await Promise.all([one.jobs.runDue(), other.jobs.runDue()]);
    for (const id of ids) assert.equal((await seen(one, accountId, id)).status, 'ISSUED');
    for (const name of names)
      assert.deepEqual(
        world.effects.filter((effect) => effect.endsWith(` ${name}`)),
        ['begin', 'publish', 'check', 'issue', 'withdraw'].map((effect) => `${effect} ${name}`),
      );
    assert.equal((await one.jobs.backlog()).count, 0);
  });

  test('bears another that takes the same step at the same time, as after a lease that ran out', async () => {
    const world = await createWorld();
    const bench = await openBench(await open(), unattended(world));
    keepBooks(bench, world);
    const ports = processOn(bench, bench.database);
    const { accountId, actor } = bench.account();
    const id = await buy(bench.database, accountId, { type: 'EV_SSL_CERT' });
    await applyCertificate(ports, actor, id, body);
    await Promise.all([run(bench, ports, accountId, id), run(bench, ports, accountId, id)]);
    assert.equal((await seen(bench, accountId, id)).status, 'ISSUED');
    const audits = await bench.audits(accountId);
    assert.equal(audits.filter(({ action }) => action === 'issued').length, 1);
    assert.equal((await rowsAbout(bench.database, accountId)).kms_private_keys, 1);
  });

  test('loses nothing if an application is cancelled while the issuer issues', async () => {
    const world = await createWorld();
    const bench = await openBench(await open(), unattended(world));
    const ports = processOn(bench, bench.database);
    const { accountId, actor } = bench.account();
    const id = await buy(bench.database, accountId);
    world.down.add('begin');
    await applyCertificate(ports, actor, id, body);
    world.down.clear();
    // Between the answer of the issuer and its storing.
    const slow: SslCertificatesPorts = {
      ...ports,
      issuers: {
        ...ports.issuers,
        chosen: (brand, type) => {
          const { name, issuer } = ports.issuers.chosen(brand, type);
          const begin: typeof issuer.begin = async (request) => {
            const begun = await issuer.begin(request);
            await cancelApplication(ports, actor, id);
            return begun;
          };
          return { name, issuer: { ...issuer, methods: issuer.methods, begin } };
        },
      },
    };
    await run(bench, slow, accountId, id);
    assert.equal((await seen(bench, accountId, id)).status, 'PAID');
    assert.ok(!world.effects.includes('publish www.test.com'));
    const { count } = await bench.database
      .tables<{ jobs: { kind: string } }>()
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('kind', '=', applicationKind)
      .executeTakeFirstOrThrow();
    assert.equal(count, 1);
    await bench.jobs.runDue();
    assert.equal((await seen(bench, accountId, id)).status, 'PAID');
    assert.equal((await bench.jobs.backlog()).count, 0);
  });
});
