import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { ApiError, InjectedAccount } from '../../../test/support/injected-accounts.ts';
import type { SslConfiguration } from '../configuration.ts';
import { dayMs, hourMs, mailbox } from '../notifications/notifications.fixture.ts';
import { type Bench, benchMigrations, openBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { assertRefused } from '../tags/tags.fixture.ts';
import { localOutbound, selfSigned, tlsServer } from './inventory.fixture.ts';

interface EndpointBody {
  readonly endpoint_id: string;
  readonly host: string;
  readonly port: number;
  readonly server_name: string;
  readonly probe_time: string;
  readonly failure: string | null;
  readonly certificate: Readonly<Record<string, string | null>> | null;
}

const path = '/v3/scm/endpoints';
const absentId = '0'.repeat(32);
const notAfterMs = testNowMs - (testNowMs % 1000) + 100 * dayMs;
const credentials = await selfSigned('www.example.test', notAfterMs);
const configuration: SslConfiguration = {
  notifications: { emails: [{ address: 'pki@example.test' }] },
  inventory: { endpoints_per_account: 3 },
};

describeOnEachDatabase('watched endpoints', benchMigrations, (open) => {
  let bench: Bench;
  let account: InjectedAccount;
  let mail: ReturnType<typeof mailbox>;
  let server: Awaited<ReturnType<typeof tlsServer>>;

  beforeEach(async () => {
    mail = mailbox();
    server = await tlsServer(credentials);
    bench = await openBench(await open(), { configuration, mailer: mail, outbound: localOutbound() });
    account = bench.account();
    await bench.ensureJobs();
    await bench.jobs.runDue();
  });

  const watch = <Body = EndpointBody>(body: object = {}, by = account) =>
    by.send<Body>('POST', path, { host: 'www.example.test', port: server.port, ...body });
  async function watched(body: object = {}): Promise<EndpointBody> {
    const answer = await watch(body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
  const show = async (id: string) => (await account.send<EndpointBody>('GET', `${path}/${id}`)).body;
  async function advance(ms: number): Promise<void> {
    bench.clock.advance(ms);
    await bench.jobs.runDue();
  }

  test('an endpoint is looked at once it is watched, and shows what it serves, whoever issued that', async () => {
    const { certificate, ...endpoint } = await watched({ host: 'WWW.Example.test' });
    assert.deepEqual(
      [endpoint.host, endpoint.server_name, endpoint.failure],
      ['www.example.test', 'www.example.test', null],
    );
    const digest = (name: string) => createHash(name).update(credentials.certificateDer).digest('hex');
    assert.partialDeepStrictEqual(certificate, {
      fingerprint: digest('sha1'),
      fingerprint_sha256: digest('sha256'),
      certificate_id: null,
      pem: credentials.cert,
    });
    assert.notEqual(certificate?.verdict, 'trusted');
    assert.match(certificate?.subject ?? '', /www\.example\.test/);
    assert.equal(
      certificate?.not_after,
      `${new Date(notAfterMs).toISOString().slice(0, 19).replace('T', ' ')}.0`,
    );
    assert.deepEqual(await show(endpoint.endpoint_id), { ...endpoint, certificate });
    assert.deepEqual(server.names, ['www.example.test']);
  });

  test('server_name is sent instead of the host; an IP address sends none', async () => {
    await watched({ server_name: 'Other.example.test' });
    const { server_name: none } = await watched({ host: '127.0.0.1' });
    assert.deepEqual([server.names, none], [['other.example.test'], '']);
  });

  test('the certificate that is served is linked to the one of the account', async () => {
    const fingerprint = createHash('sha1').update(credentials.certificateDer).digest('hex');
    await storeCertificate(bench, bench.account().accountId, { status: 'UPLOAD', fingerprint });
    const { endpoint_id: id } = await watched();
    assert.equal((await show(id)).certificate?.certificate_id, null);
    const own = await storeCertificate(bench, account.accountId, { status: 'UPLOAD', fingerprint });
    assert.equal((await show(id)).certificate?.certificate_id, own);
    const { body } = await account.send<{ endpoints: EndpointBody[] }>('GET', path);
    assert.equal(body.endpoints[0]?.certificate?.certificate_id, own);
  });

  test('every six hours it is looked at again: a new certificate is seen, and one that is gone stays known', async () => {
    const { endpoint_id: id } = await watched();
    const next = await selfSigned('next.example.test', notAfterMs + dayMs);
    server.serve(next);
    await advance(5 * hourMs);
    assert.equal((await show(id)).certificate?.pem, credentials.cert);
    await advance(hourMs);
    assert.equal((await show(id)).certificate?.pem, next.cert);
    await server.close();
    await advance(6 * hourMs);
    const down = await show(id);
    assert.deepEqual([down.failure, down.certificate?.pem], ['The connection was refused.', next.cert]);
  });

  test('its end is told like that of others: once each, and again for another certificate', async () => {
    const { endpoint_id: id } = await watched();
    await advance(66 * dayMs);
    for (let day = 66; day < 102; day += 1) await advance(dayMs);
    assert.equal(mail.mails.length, 6);
    assert.match(
      mail.mails[0]?.subject ?? '',
      new RegExp(`www\\.example\\.test:${server.port} serves ends on 2024-06-23`),
    );
    assert.match(mail.mails[5]?.subject ?? '', /serves ended on/);
    assert.match(mail.mails[0]?.text ?? '', new RegExp(`Notice ${id}\\.[0-9a-f]{40}\\.EXPIRING-30`));
    server.serve(await selfSigned('next.example.test', bench.clock.nowMs() + 5 * dayMs));
    await advance(dayMs);
    assert.equal(mail.mails.length, 7);
    assert.match(mail.mails[6]?.text ?? '', /EXPIRING-7/);
  });

  test('an end that is near when it is watched is told at once', async () => {
    server.serve(await selfSigned('near.example.test', testNowMs + 2 * dayMs));
    await watched();
    await bench.jobs.runDue();
    assert.equal(mail.mails.length, 1);
    await advance(dayMs - hourMs);
    assert.equal(mail.mails.length, 1);
  });

  test('an endpoint that does not answer is watched, with why', async () => {
    await server.close();
    const down = await watched();
    assert.deepEqual([down.failure, down.certificate], ['The connection was refused.', null]);
    const unknown = await watched({ host: 'nowhere.invalid' });
    assert.deepEqual([unknown.failure, unknown.certificate], ['nowhere.invalid was not found.', null]);
    await advance(dayMs);
    assert.deepEqual(mail.mails, []);
  });

  test('a place is watched once, also by two requests at the same time', async () => {
    const answers = await Promise.all([watch(), watch()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400]);
    assertRefused(await watch<ApiError>(), 400, 'SCM.0005', /watched under this server_name already/);
    await watched({ server_name: 'other.example.test' });
    assert.equal((await watch({}, bench.account())).status, 201);
  });

  test('SCM.0025: an account watches so many endpoints, also if it asks for more at the same time', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) => watch<ApiError>({ server_name: `${name}.example.test` })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 400, 400]);
    assertRefused(answers.find(({ status }) => status === 400)!, 400, 'SCM.0025', /at most 3/);
  });

  test('SCM.0005: what is no host or port', async () => {
    for (const [field, value] of [
      ['host', ''],
      ['host', 'a b'],
      ['host', 'http://a'],
      ['host', 'x'.repeat(256)],
      ['port', 0],
      ['port', 65_536],
      ['port', '443'],
      ['server_name', 'a/b'],
    ] as const)
      assertRefused(await watch<ApiError>({ [field]: value }), 400, 'SCM.0005', new RegExp(field));
    assertRefused(await account.send('POST', path, { host: 'a.example.test' }), 400, 'SCM.0005', /port/);
  });

  test('a list has pages, the latest first; what is removed is gone, for others it is not there', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      ids.unshift((await watched({ server_name: `${name}.example.test` })).endpoint_id);
      bench.clock.advance(1_000);
    }
    type List = { total_count: number; endpoints: EndpointBody[] };
    const list = async (query: string, by = account) => (await by.send<List>('GET', `${path}${query}`)).body;
    const first = await list('?limit=2');
    const second = await list('?limit=2&offset=2');
    assert.deepEqual(
      [...first.endpoints, ...second.endpoints].map(({ endpoint_id: id }) => id),
      ids,
    );
    assert.deepEqual([first.total_count, second.total_count], [3, 3]);
    const stranger = bench.account();
    assert.deepEqual(await list('', stranger), { total_count: 0, endpoints: [] });
    for (const method of ['GET', 'DELETE'] as const) {
      assertRefused(await stranger.send(method, `${path}/${ids[0]}`), 404, 'SCM.0094');
      assertRefused(await account.send(method, `${path}/${absentId}`), 404, 'SCM.0094');
    }
    assert.equal((await account.send('DELETE', `${path}/${ids[0]}`)).status, 204);
    assert.equal((await list('')).total_count, 2);
    await advance(dayMs);
  });

  test('who may not is refused, and a change is recorded', async () => {
    const { endpoint_id: id } = await watched();
    const blind = account.without('scm:endpoint:list');
    const bound = account.without('scm:endpoint:watch');
    assertRefused(await blind.send('GET', path), 403, 'SCM.1019');
    assertRefused(await blind.send('GET', `${path}/${id}`), 403, 'SCM.1019');
    assertRefused(await watch<ApiError>({ server_name: 'x.example.test' }, bound), 403, 'SCM.1019');
    assertRefused(await bound.send('DELETE', `${path}/${id}`), 403, 'SCM.1019');
    assert.equal((await account.send('DELETE', `${path}/${id}`)).status, 204);
    const records = await bench.audits(account.accountId);
    assert.deepEqual(
      records.map((record) => [record.action, record.resource_id, record.detail]),
      [
        ['scm:endpoint:watch', id, `www.example.test:${server.port}`],
        ['scm:endpoint:watch', id, 'no more'],
      ],
    );
  });
});
