import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { parsePem } from '../../pki/index.ts';
import { TargetFailure } from '../targets/target.ts';
import { type DeploymentBench, dayMs, openSqliteDeploymentBench } from './deployments.fixture.ts';

const bench = await openSqliteDeploymentBench();
let account: ReturnType<DeploymentBench['account']>;
let id: string;

beforeEach(async () => {
  account = bench.account();
  id = await bench.store(account.accountId);
});

const path = (certificateId: string) => `/v3/scm/certificates/${certificateId}/push`;
const push = (service: string, project: string | undefined, certificateId = id, by = account) =>
  by.send('POST', path(certificateId), { target_service: service, target_project: project });

async function refused(answer: Promise<{ status: number; body: { error_code: string; error_msg: string } }>) {
  const { status, body } = await answer;
  return [status, body.error_code];
}

test('204 without a body; the service has certificate, chain and key; services in any case', async () => {
  for (const service of ['waf', 'WAF', 'Waf', 'elb', 'ELB']) {
    const answer = await push(service, 'cn-north-7');
    assert.deepEqual([answer.status, answer.bytes.length], [204, 0]);
  }
  const bundle = bench.targets.at('WAF', 'cn-north-7').serving.get('')!;
  assert.equal(bundle.certificateId, id);
  assert.equal(bundle.domain, 'www.example.test');
  assert.deepEqual(
    [bundle.certificatePem, bundle.chainPem, bundle.privateKeyPem].map((pem) =>
      parsePem(pem).map((block) => block.label),
    ),
    [['CERTIFICATE'], ['CERTIFICATE', 'CERTIFICATE'], ['PRIVATE KEY']],
  );
});

test('an imported certificate is pushed too', async () => {
  const uploaded = await bench.store(account.accountId, { columns: { status: 'UPLOAD' } });
  assert.equal((await push('ELB', 'cn-north-7', uploaded)).status, 204);
});

test('again to the same region of ELB and WAF; to CDN once', async () => {
  for (const service of ['ELB', 'WAF'])
    for (let times = 0; times < 2; times += 1) assert.equal((await push(service, 'eu-west-101')).status, 204);
  assert.equal((await push('CDN', '')).status, 204);
  const second = await push('CDN', '');
  assert.deepEqual([second.status, second.body.error_code], [400, 'SCM.0211']);
  assert.match(second.body.error_msg, /^Failed to push to CDN\. The certificate was pushed to CDN already/);
});

test('CDN takes an empty, an absent, its own and every known project', async () => {
  for (const project of ['', undefined, 'global', 'cn-north-7']) {
    const fresh = await bench.store(account.accountId);
    assert.equal((await push('CDN', project, fresh)).status, 204, `${project}`);
  }
  assert.deepEqual(await refused(push('CDN', 'nowhere-1')), [400, 'SCM.0075']);
});

test('what is wrong with service and project has a code each', async () => {
  assert.deepEqual(await refused(push('OBS', 'cn-north-7')), [400, 'SCM.0030']);
  assert.deepEqual(await refused(push('ELB', 'nowhere-1')), [400, 'SCM.0075']);
  assert.deepEqual(await refused(push('ELB', 'waf-only')), [400, 'SCM.0204']);
  assert.deepEqual(await refused(push('WAF', 'elb-only')), [400, 'SCM.0224']);
  assert.deepEqual(await refused(push('WAF', '')), [400, 'SCM.0005']);
  assert.deepEqual(await refused(push('ELB', undefined)), [400, 'SCM.0005']);
  assert.deepEqual(await refused(push('ELB', 'p'.repeat(256))), [400, 'SCM.0005']);
  assert.deepEqual(await refused(push('ELB', 'p'.repeat(255))), [400, 'SCM.0075']);
  assert.deepEqual(await refused(account.send('POST', path(id), {})), [400, 'SCM.0005']);
});

test('an installation without CDN says that it is no service to push to', async () => {
  bench.targets.remove('CDN', 'global');
  try {
    assert.deepEqual(await refused(push('CDN', '')), [400, 'SCM.0030']);
  } finally {
    bench.targets.add('CDN', 'global');
  }
});

test('only issued and imported certificates, whose time is not over', async () => {
  for (const status of ['PAID', 'CHECKING_DOMAIN', 'REVOKED', 'UNPASSED'] as const) {
    const other = await bench.store(account.accountId, { columns: { status } });
    assert.deepEqual(await refused(push('ELB', 'cn-north-7', other)), [400, 'SCM.0010'], status);
  }
  const expired = await bench.store(account.accountId, {
    columns: { not_after: bench.clock.nowMs() - dayMs },
  });
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', expired)), [400, 'SCM.0010']);
});

test('SM certificates are refused before any service is asked', async () => {
  const sm = await bench.store(account.accountId, { algorithm: 'SM2' });
  const before = bench.targets.at('ELB', 'cn-north-7').calls.length;
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', sm)), [400, 'SCM.0401']);
  assert.equal(bench.targets.at('ELB', 'cn-north-7').calls.length, before);
});

test('a certificate whose key the applicant keeps cannot be pushed', async () => {
  const keyless = await bench.store(account.accountId, { withoutKey: true });
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', keyless)), [400, 'SCM.0059']);
});

test("an unknown id, and another account's, is not found; without permission nobody is told", async () => {
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', 'scs0000000000009')), [404, 'SCM.0094']);
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', id, bench.account())), [404, 'SCM.0094']);
  const other = account.without('scm:cert:push');
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', id, other)), [403, 'SCM.1019']);
  assert.deepEqual(await refused(push('ELB', 'cn-north-7', 'short')), [400, 'SCM.0008']);
});

const failures = [
  ['ELB', 'refused', 400, 'SCM.0201'],
  ['ELB', 'no-such-resource', 400, 'SCM.0201'],
  ['ELB', 'quota', 400, 'SCM.0201'],
  ['ELB', 'forbidden', 400, 'SCM.0202'],
  ['ELB', 'unavailable', 500, 'SCM.0203'],
  ['CDN', 'refused', 400, 'SCM.0211'],
  ['CDN', 'forbidden', 400, 'SCM.0212'],
  ['CDN', 'unavailable', 500, 'SCM.0213'],
  ['WAF', 'refused', 400, 'SCM.0221'],
  ['WAF', 'forbidden', 400, 'SCM.0222'],
  ['WAF', 'unavailable', 500, 'SCM.0223'],
  ['WAF', 'quota', 400, 'SCM.0225'],
] as const;

for (const [service, kind, status, code] of failures)
  test(`${service} says ${kind}: ${status} ${code} with its own words, and a trace`, async () => {
    const target = bench.targets.at(service, service === 'CDN' ? 'global' : 'cn-north-7');
    target.failures = new TargetFailure(kind, 'X.1:the reason');
    try {
      const answer = await push(service, 'cn-north-7');
      assert.deepEqual([answer.status, answer.body.error_code], [status, code]);
      assert.match(answer.body.error_msg, / X\.1:the reason$/);
    } finally {
      target.failures = undefined;
    }
    const [audit] = await bench.audits(account.accountId);
    assert.deepEqual([audit?.action, audit?.result, audit?.resource_id], ['scm:cert:push', 'failed', id]);
  });

test('a push is recorded for the audit', async () => {
  await push('ELB', 'cn-north-7');
  const [audit] = await bench.audits(account.accountId);
  assert.deepEqual(
    [audit?.action, audit?.result, audit?.resource_id, audit?.detail],
    ['scm:cert:push', 'success', id, 'ELB in cn-north-7'],
  );
});

interface Batch {
  readonly results: { project_name: string; cert_id: string; message: string }[];
}
const batch = <Body = Batch>(service: string, projects: unknown, certificateId = id) =>
  account.send<Body>('POST', `/v3/scm/certificates/${certificateId}/batch-push`, {
    target_service: service,
    target_projects: projects,
  });

test("batch push: one result for each region, as it was sent, with the service's id", async () => {
  const { status, body } = await batch('waf', ['cn-north-7', 'nowhere-1', 'elb-only', 'eu-west-101']);
  assert.equal(status, 200);
  assert.deepEqual(
    body.results.map((each) => [each.project_name, each.cert_id, each.message.split('.')[0]]),
    [
      ['cn-north-7', `target-${id}`, 'success'],
      ['nowhere-1', '', 'Invalid region id'],
      ['elb-only', '', 'WAF does not support this region'],
      ['eu-west-101', `target-${id}`, 'success'],
    ],
  );
});

test('batch push: 200 even when every region fails, with the text of each, cut at 255 characters', async () => {
  const target = bench.targets.at('ELB', 'cn-north-7');
  target.failures = new TargetFailure('unavailable', 'x'.repeat(300));
  try {
    const { status, body } = await batch('ELB', ['cn-north-7']);
    assert.equal(status, 200);
    assert.equal(body.results[0]?.cert_id, '');
    assert.equal(body.results[0]?.message.length, 255);
  } finally {
    target.failures = undefined;
  }
});

test('batch push to CDN is one push, whatever regions are named', async () => {
  const calls = bench.targets.at('CDN', 'global').calls;
  const before = calls.length;
  const { body } = await batch('CDN', ['cn-north-7', 'eu-west-101']);
  assert.deepEqual(
    body.results.map((each) => [each.project_name, each.message]),
    [
      ['cn-north-7', 'success'],
      ['eu-west-101', 'success'],
    ],
  );
  assert.equal(calls.length, before + 1);
});

test('batch push: what is wrong with the whole request is an error', async () => {
  assert.deepEqual(await refused(batch('OBS', ['cn-north-7'])), [400, 'SCM.0030']);
  assert.deepEqual(await refused(batch('ELB', ['cn-north-7', 'cn-north-7'])), [400, 'SCM.0507']);
  assert.deepEqual(await refused(batch('ELB', [])), [400, 'SCM.0005']);
  assert.deepEqual(await refused(batch('ELB', ['p'.repeat(33)])), [400, 'SCM.0005']);
  assert.deepEqual(
    await refused(
      batch(
        'ELB',
        Array.from({ length: 11 }, (_, index) => `p${index}`),
      ),
    ),
    [400, 'SCM.0005'],
  );
  assert.deepEqual(await refused(batch('ELB', ['cn-north-7'], 'scs0000000000009')), [404, 'SCM.0094']);
  const sm = await bench.store(account.accountId, { algorithm: 'SM2' });
  assert.deepEqual(await refused(batch('ELB', ['cn-north-7'], sm)), [400, 'SCM.0401']);
  const paid = await bench.store(account.accountId, { columns: { status: 'PAID' } });
  assert.deepEqual(await refused(batch('ELB', ['cn-north-7'], paid)), [400, 'SCM.0010']);
});
