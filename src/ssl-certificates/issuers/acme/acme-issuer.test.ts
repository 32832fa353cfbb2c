import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { parseCertificate, parseCsr } from '../../../pki/index.ts';
import { OutboundFailed } from '../../../platform/outbound/index.ts';
import type { BegunApplication, CertificateApplication, Issuer } from '../issuer.ts';
import { newApplication, openNode, openSqliteNode } from '../issuers.fixture.ts';
import { AcmeServerDouble, problem } from './acme-server.fixture.ts';

const bench = await openSqliteNode();
let directories = 0;

/** An issuer with a server of its own: accounts are kept by its address. */
async function open(fields: object = {}): Promise<{ server: AcmeServerDouble; issuer: Issuer }> {
  const server = new AcmeServerDouble();
  directories += 1;
  // Each test's accounts are its own; the double does not look at queries.
  const directory_url = `${server.directoryUrl}?${directories}`;
  const outbound: Pick<AcmeServerDouble, 'request'> = {
    request: (url, options) => server.request(url.replace(/\?.*$/, ''), options),
  };
  const definition = {
    kind: 'acme' as const,
    directory_url,
    terms_of_service_agreed: true as const,
    ...fields,
  };
  const configuration = { definitions: { public: definition }, rules: [{ issuer: 'public' }] };
  const { issuers } = await openNode(bench.database, { configuration, outbound });
  return { server, issuer: issuers.chosen('VTRUS', 'DV_SSL_CERT').issuer };
}

async function begin(issuer: Issuer, application: CertificateApplication): Promise<BegunApplication> {
  const begun = await issuer.begin(application);
  return 'kind' in begun ? assert.fail(begun.reason) : begun;
}

async function pending(issuer: Issuer, application: CertificateApplication, state: string) {
  const issuance = await issuer.issue(application, state);
  return issuance.kind === 'pending' ? issuance : assert.fail(JSON.stringify(issuance));
}

async function refusal(issuer: Issuer, application: CertificateApplication, state: string) {
  const issuance = await issuer.issue(application, state);
  return issuance.kind === 'refused' ? issuance.reason : assert.fail(issuance.kind);
}

describe('an ACME server as issuer', () => {
  let server: AcmeServerDouble;
  let issuer: Issuer;
  let application: CertificateApplication;
  beforeEach(async () => {
    ({ server, issuer } = await open());
    application = await newApplication({ names: ['example.test', '*.example.test'] });
  });

  test('issues in steps, none of which waits; each remembers what the next one needs', async () => {
    const { challenges, state } = await begin(issuer, application);
    assert.deepEqual(
      challenges.map(({ domain, recordName, recordType }) => [domain, recordName, recordType]),
      [
        ['example.test', '_acme-challenge.example.test', 'TXT'],
        ['*.example.test', '_acme-challenge.example.test', 'TXT'],
      ],
    );
    assert.notEqual(challenges[0]!.recordValue, challenges[1]!.recordValue);
    for (const { recordValue } of challenges) assert.match(recordValue, /^[A-Za-z0-9_-]{43}$/);

    const told = await pending(issuer, application, state);
    assert.equal(told.retryAfterMs, 3000);
    // Looked at too early, it is not told again.
    const before = server.asked.filter((path) => path.startsWith('/challenge/')).length;
    await pending(issuer, application, told.state);
    assert.equal(server.asked.filter((path) => path.startsWith('/challenge/')).length, before);
    server.validate('valid');
    const finalized = await pending(issuer, application, told.state);
    assert.equal(finalized.retryAfterMs, 7000);

    const issuance = await issuer.issue(application, finalized.state);
    assert.ok(issuance.kind === 'issued');
    const { spki } = parseCsr(application.csrDer);
    assert.deepEqual(parseCertificate(issuance.certificateDer).spki, spki);
    assert.equal(issuance.chainDer.length, 1);
    assert.equal(issuance.record, undefined);
    // The same answer on another node, or a second time.
    assert.deepEqual(await issuer.issue(application, finalized.state), issuance);
  });

  test('FILE: the path and text of HTTP-01; a wildcard name, which it does not show, is refused', async () => {
    const names = ['www.example.test'];
    const { challenges } = await begin(issuer, await newApplication({ names, method: 'FILE' }));
    assert.equal(challenges[0]!.recordName, '/.well-known/acme-challenge/token-1');
    assert.match(challenges[0]!.recordValue, /^token-1\.[A-Za-z0-9_-]{43}$/);
    const begun = await issuer.begin({ ...application, method: 'FILE' });
    assert.ok('kind' in begun);
    assert.match(begun.reason, /does not verify \*\.example\.test by the method FILE/);
  });

  test('records are for what was applied for, whatever the server asks, and tokens are tokens', async () => {
    const answer = (value: string, token: string) => {
      const challenge = { type: 'dns-01', url: `${server.directoryUrl}/c`, status: 'pending', token };
      const identifier = { type: 'dns', value };
      return { status: 200, body: { identifier, status: 'pending', challenges: [challenge] } };
    };
    const names = ['www.shop.example.test'];
    const ask = async (value: string, token: string) => {
      server.instead.set('/authorization/', [answer(value, token)]);
      return issuer.begin(await newApplication({ names }));
    };
    for (const value of ['www.shop.example.test', 'Example.test'])
      assert.ok(!('kind' in (await ask(value, 'a-token_1'))));
    for (const value of ['bank.test', 'a.www.shop.example.test', 'op.example.test', ''])
      assert.match(JSON.stringify(await ask(value, 'a-token_1')), /which was not applied for/);
    for (const token of ['../../x', 'a b', '$(id)', ''])
      assert.match(JSON.stringify(await ask('www.shop.example.test', token)), /a token .* that is none/);
  });

  test('an account of this installation has an account there of its own, made once, with the same key', async () => {
    await begin(issuer, application);
    await begin(issuer, application);
    assert.equal(server.accounts.size, 1);
    assert.equal(server.asked.filter((path) => path === '/newAccount').length, 1);
    await begin(issuer, { ...application, accountId: 'b'.repeat(32) });
    assert.equal(server.accounts.size, 2);
  });

  test('a name that one account has proven is proven for that account only', async () => {
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('valid');
    assert.deepEqual((await begin(issuer, application)).challenges, []);
    const stranger = { ...application, accountId: 'b'.repeat(32) };
    assert.equal((await begin(issuer, stranger)).challenges.length, 2);
  });

  test('an account that the server lost is made again with the same key', async () => {
    const { state } = await begin(issuer, application);
    const [url] = server.accounts.keys();
    server.accounts.clear();
    await assert.rejects(issuer.issue(application, state), /no such account/);
    await issuer.issue(application, state);
    assert.deepEqual([...server.accounts.keys()], [url]);
  });

  test('the account is bound to the one outside that the configuration names', async () => {
    const hmac_key = Buffer.alloc(32, 3).toString('base64url');
    const bound = await open({ eab: { kid: 'kid-1', hmac_key }, contact: ['mailto:pki@example.test'] });
    await begin(bound.issuer, application);
    const [account] = bound.server.accounts.values();
    const binding = account!.binding as { protected: string };
    const header: unknown = JSON.parse(Buffer.from(binding.protected, 'base64url').toString());
    assert.deepEqual(header, { alg: 'HS256', url: 'https://acme.example.test/newAccount', kid: 'kid-1' });
  });

  test('a name that is not found to be held is refused, with what the server found', async () => {
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('invalid', { type: 'urn:ietf:params:acme:error:dns', detail: 'NXDOMAIN looking up TXT' });
    assert.equal(await refusal(issuer, application, state), 'example.test: NXDOMAIN looking up TXT');
  });

  test('what the server will not issue is refused when it is said, at the order or at its end', async () => {
    server.instead.set('/newOrder', [problem(400, 'rejectedIdentifier', 'example.test is on a list')]);
    const begun = await issuer.begin(application);
    assert.deepEqual(begun, { kind: 'refused', reason: 'The CA refuses: example.test is on a list' });
    const type = 'urn:ietf:params:acme:error:compound';
    const subproblems = [
      null,
      { detail: 'is on a list', identifier: { type: 'dns', value: 'example.test' } },
    ];
    server.instead.set('/newOrder', [
      { status: 403, body: { type, detail: 'Some names:', subproblems } },
      problem(400, 'malformed', 'x'.repeat(100_000)),
    ]);
    assert.deepEqual(await issuer.begin(application), {
      kind: 'refused',
      reason: 'The CA refuses: Some names: example.test: is on a list',
    });
    const long = await issuer.begin(application);
    assert.ok('kind' in long && long.reason.length < 600);
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('valid');
    server.instead.set('/finalize', [problem(400, 'badCSR', 'the key is weak')]);
    assert.equal(await refusal(issuer, application, state), 'The CA refuses: the key is weak');
    const [order] = server.orders.values();
    Object.assign(order!, { status: 'invalid', error: { detail: 'CAA forbids it' } });
    assert.equal(await refusal(issuer, application, state), 'The CA refuses: CAA forbids it');
  });

  test('a limit of the server is waited for as long as it says, within a day', async () => {
    const { state } = await begin(issuer, application);
    const limited = (headers: object) => problem(429, 'rateLimited', 'too many', headers);
    const inAMinute = new Date(bench.clock.nowMs() + 60_000).toUTCString();
    server.instead.set('/order', [
      limited({ 'retry-after': '120' }),
      limited({ 'retry-after': inAMinute }),
      limited({ 'retry-after': '99999999' }),
      limited({}),
    ]);
    const waits: number[] = [];
    for (const _ of [1, 2, 3, 4]) waits.push((await pending(issuer, application, state)).retryAfterMs);
    // HTTP dates have no fractions of a second.
    assert.deepEqual(waits, [120_000, 59_750, 86_400_000, 3_600_000]);
    // Before there is an order there is nothing to remember: the application begins again later.
    server.instead.set('/newOrder', [limited({})]);
    await assert.rejects(issuer.begin(application), /too many/);
  });

  test('refused nonces are replaced, more of them than the library itself does', async () => {
    await begin(issuer, application);
    server.nonceRefusals = 15;
    const { challenges } = await begin(issuer, application);
    assert.equal(challenges.length, 2);
    assert.equal(server.nonceRefusals, 0);
  });

  test('a server that is away, or ails, is asked again later, without a repetition of ours', async () => {
    const { state } = await begin(issuer, application);
    server.down = true;
    await assert.rejects(issuer.begin(application), OutboundFailed);
    await assert.rejects(issuer.issue(application, state), OutboundFailed);
    server.down = false;
    server.instead.set('/order', [{ status: 503, body: '<html>' }]);
    const asked = server.asked.length;
    await assert.rejects(issuer.issue(application, state), /status 503/);
    const { pathname } = new URL((JSON.parse(state) as { orderUrl: string }).orderUrl);
    assert.deepEqual(server.asked.slice(asked), ['/directory', '/newNonce', pathname]);
  });

  test('an order that ended is replaced as far as its names still count as proven', async () => {
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('valid');
    server.orders.clear();
    const again = await pending(issuer, application, state);
    assert.notEqual(again.state, state);
    await pending(issuer, application, again.state);
    assert.equal((await issuer.issue(application, again.state)).kind, 'issued');
    server.authorizations.clear();
    server.orders.clear();
    assert.match(await refusal(issuer, application, state), /apply again/);
  });

  test('an order that another application has used is replaced; a server that mixes up all of them is given up', async () => {
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('valid');
    await issuer.issue(application, state);
    const other = { ...application, csrDer: (await newApplication()).csrDer };
    const replaced = await pending(issuer, other, state);
    await pending(issuer, other, replaced.state);
    const issuance = await issuer.issue(other, replaced.state);
    assert.ok(issuance.kind === 'issued');
    assert.deepEqual(parseCertificate(issuance.certificateDer).spki, parseCsr(other.csrDer).spki);

    const stranger = { ...application, csrDer: (await newApplication()).csrDer };
    let last = await issuer.issue(stranger, state);
    for (let orders = 0; last.kind === 'pending' && orders < 10; orders += 1) {
      const used = [...server.orders.values()].at(-1)!;
      Object.assign(used, {
        status: 'valid',
        certificatePem: server.orders.values().next().value!.certificatePem,
      });
      last = await issuer.issue(stranger, last.state);
    }
    assert.ok(last.kind === 'refused');
    assert.match(last.reason, /one order after the other/);
  });

  test('revokes with the code of the reason, or without it where the server does not take it', async () => {
    const { state } = await begin(issuer, application);
    await issuer.issue(application, state);
    server.validate('valid');
    await issuer.issue(application, state);
    const issuance = await issuer.issue(application, state);
    assert.ok(issuance.kind === 'issued');
    const certificate = { accountId: application.accountId, ...issuance };
    assert.equal(await issuer.revoke(certificate, 'keyCompromise'), undefined);
    server.instead.set('/revokeCert', [problem(400, 'badRevocationReason', 'not that')]);
    await issuer.revoke(certificate, 'privilegeWithdrawn');
    server.instead.set('/revokeCert', [problem(400, 'alreadyRevoked', 'done')]);
    await issuer.revoke(certificate, 'superseded');
    assert.deepEqual(server.revoked, [1, undefined]);
    await assert.rejects(issuer.revoke(certificate, 'certificateHold'), /does not revoke/);
  });

  test('only the host that the operator named may be in the own network', async () => {
    await begin(issuer, application);
    assert.ok(server.options.every(({ namedByOperator }) => namedByOperator === true));
    const elsewhere = { newNonce: 'https://10.0.0.1/newNonce', newOrder: 'https://10.0.0.1/newOrder' };
    server.instead.set('/directory', [{ status: 200, body: elsewhere }]);
    await assert.rejects(issuer.begin(application));
    assert.equal(server.asked.at(-1), elsewhere.newNonce);
    assert.equal(server.options.at(-1)!.namedByOperator, false);
    const plain = { newNonce: 'http://acme.example.test/newNonce', newOrder: elsewhere.newOrder };
    server.instead.set('/directory', [{ status: 200, body: plain }]);
    await assert.rejects(issuer.begin(application), /not https/);
  });
});
