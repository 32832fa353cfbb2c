import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../../test/support/databases.ts';
import { issuerMigrations, newApplication, openNode } from '../issuers.fixture.ts';
import { AcmeServerDouble } from './acme-server.fixture.ts';

describeOnEachDatabase('accounts with an ACME server', issuerMigrations, (open) => {
  test('nodes that need one at the same time make one, and all of them use it afterwards', async () => {
    const database = await open();
    const server = new AcmeServerDouble();
    const definition = {
      kind: 'acme' as const,
      directory_url: server.directoryUrl,
      terms_of_service_agreed: true as const,
    };
    const configuration = { definitions: { public: definition }, rules: [{ issuer: 'public' }] };
    const options = { configuration, outbound: server };
    const nodes = await Promise.all([1, 2, 3].map(() => openNode(database, options)));
    const issuers = nodes.map(({ issuers: each }) => each.chosen('VTRUS', 'DV_SSL_CERT').issuer);
    const application = await newApplication();
    const begun = await Promise.all(issuers.map((issuer) => issuer.begin(application)));
    assert.equal(server.accounts.size, 1);
    const registrations = () => server.asked.filter((path) => path === '/newAccount').length;
    const before = registrations();
    for (const [index, issuer] of issuers.entries()) {
      const answer = begun[index]!;
      assert.ok('state' in answer);
      assert.equal((await issuer.issue(application, answer.state)).kind, 'pending');
    }
    assert.equal(registrations(), before);
  });
});
