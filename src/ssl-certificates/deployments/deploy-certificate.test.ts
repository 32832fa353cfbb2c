import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { TargetFailure } from '../targets/target.ts';
import { type DeploymentBench, openSqliteDeploymentBench } from './deployments.fixture.ts';

const bench = await openSqliteDeploymentBench();
let account: ReturnType<DeploymentBench['account']>;
let id: string;

beforeEach(async () => {
  account = bench.account();
  id = await bench.store(account.accountId, { names: ['www.example.test', '*.shop.test'] });
});

interface Deployed {
  readonly failure_list: { resource: string; failure_info: string }[];
}
const deploy = <Body = Deployed>(body: unknown, certificateId = id, by = account) =>
  by.send<Body>('POST', `/v3/scm/certificates/${certificateId}/deploy`, body);
const elb = (...ids: unknown[]) => ({
  service_name: 'ELB',
  project_name: 'cn-north-7',
  resources: ids.map((each) => ({ id: each })),
});
const cdn = (...domains: string[]) => ({
  service_name: 'cdn',
  resources: domains.map((domain_name) => ({ domain_name })),
});

async function refused(answer: Promise<{ status: number; body: unknown }>, text = /^/) {
  const { status, body } = await answer;
  const { error_code, error_msg } = body as { error_code: string; error_msg: string };
  assert.match(error_msg, text);
  return [status, error_code];
}

test("the reference's example: 200 and an empty list when all succeed", async () => {
  const { status, body } = await deploy(elb('982b8a6a6ebc43809d82a46ca99aaeb7'));
  assert.equal(status, 200);
  assert.deepEqual(body, { failure_list: [] });
  const served = bench.targets.at('ELB', 'cn-north-7').serving.get('982b8a6a6ebc43809d82a46ca99aaeb7');
  assert.equal(served?.certificateId, id);
});

test("200 when resources fail, each with its id and the service's words; the others are deployed", async () => {
  const target = bench.targets.at('ELB', 'cn-north-7');
  target.failures = new Map([
    ['gone', new TargetFailure('no-such-resource', 'ELB.8904:certificate gone does not exist')],
    ['long', new TargetFailure('unavailable', 'y'.repeat(300))],
  ]);
  try {
    const { status, body } = await deploy(elb('one', 'gone', 'long'));
    assert.equal(status, 200);
    assert.deepEqual(body.failure_list, [
      { resource: 'gone', failure_info: 'ELB.8904:certificate gone does not exist' },
      { resource: 'long', failure_info: 'y'.repeat(255) },
    ]);
  } finally {
    target.failures = undefined;
  }
  assert.equal(target.serving.get('one')?.certificateId, id);
  const audits = await bench.audits(account.accountId);
  assert.deepEqual(audits.map((each) => [each.action, each.result, each.detail?.slice(0, 22)]).sort(), [
    ['scm:cert:deployResources', 'failed', 'ELB gone in cn-north-7'],
    ['scm:cert:deployResources', 'failed', 'ELB long in cn-north-7'],
    ['scm:cert:deployResources', 'success', 'ELB one in cn-north-7'],
  ]);
});

test('CDN: by domain, which the certificate has to be for; no project is needed', async () => {
  const target = bench.targets.at('CDN', 'global');
  assert.deepEqual((await deploy(cdn('www.example.test', 'a.shop.test'))).body, { failure_list: [] });
  assert.equal(target.serving.get('a.shop.test')?.certificateId, id);
  for (const stranger of ['shop.test', 'a.b.shop.test', 'example.test'])
    assert.deepEqual(
      await refused(deploy(cdn('www.example.test', stranger)), new RegExp(`${stranger} is none of`)),
      [400, 'SCM.0106'],
    );
  target.failures = new TargetFailure('refused', 'CDN.0145:no');
  try {
    const { body } = await deploy(cdn('www.example.test'));
    assert.deepEqual(body.failure_list, [{ resource: 'www.example.test', failure_info: 'CDN.0145:no' }]);
  } finally {
    target.failures = undefined;
  }
});

test('a domain of 255 characters is taken', async () => {
  const label = 'a'.repeat(59);
  const domain = `${label}.${label}.${label}.${label}.example.test`;
  assert.ok(domain.length > 63);
  const long = await bench.store(account.accountId, { names: [domain] });
  assert.deepEqual((await deploy(cdn(domain), long)).body, { failure_list: [] });
});

test('WAF: every resource needs id, type and enterprise project', async () => {
  const whole = { id: 'host', type: 'premium', enterprise_project_id: '0' };
  const waf = (resource: object) => ({
    service_name: 'waf',
    project_name: 'cn-north-7',
    resources: [resource],
  });
  assert.deepEqual((await deploy(waf(whole))).body, { failure_list: [] });
  assert.deepEqual(bench.targets.at('WAF', 'cn-north-7').resources.at(-1), {
    id: 'host',
    type: 'premium',
    domainName: '',
    enterpriseProjectId: '0',
  });
  for (const [field, value] of [
    ['id', undefined],
    ['type', undefined],
    ['type', 'other'],
    ['enterprise_project_id', undefined],
    ['enterprise_project_id', 'no project'],
  ] as const)
    assert.deepEqual(
      await refused(deploy(waf({ ...whole, [field]: value })), new RegExp(`resources\\.0\\.${field}`)),
      [400, 'SCM.0005'],
    );
});

test('what is missing or wrong has a code each', async () => {
  assert.deepEqual(await refused(deploy({ ...elb('a'), service_name: 'OBS' })), [400, 'SCM.0501']);
  assert.deepEqual(await refused(deploy({ ...elb('a'), service_name: undefined })), [400, 'SCM.0501']);
  assert.deepEqual(await refused(deploy({ ...elb('a'), resources: undefined })), [400, 'SCM.0505']);
  assert.deepEqual(await refused(deploy(elb()), /additional info:resources has to have 1 to 20/), [
    400,
    'SCM.0505',
  ]);
  const many = Array.from({ length: 21 }, (_, index) => `r${index}`);
  assert.deepEqual(await refused(deploy(elb(...many))), [400, 'SCM.0505']);
  assert.deepEqual((await deploy(elb(...many.slice(1)))).body, { failure_list: [] });
  assert.deepEqual(await refused(deploy(elb('a', 'a'))), [400, 'SCM.0507']);
  assert.deepEqual(await refused(deploy(elb(undefined)), /resources\.0\.id is mandatory for ELB/), [
    400,
    'SCM.0005',
  ]);
  assert.deepEqual(await refused(deploy(elb(7))), [400, 'SCM.0005']);
  assert.deepEqual(await refused(deploy(elb('a'.repeat(64)))), [400, 'SCM.0005']);
  assert.deepEqual((await deploy(elb('a'.repeat(63)))).body, { failure_list: [] });
  const inProject = (project_name: string | undefined) => deploy({ ...elb('a'), project_name });
  assert.deepEqual(await refused(inProject(undefined), /project_name is mandatory/), [400, 'SCM.0005']);
  assert.deepEqual(await refused(inProject('nowhere-1')), [400, 'SCM.0075']);
  assert.deepEqual(await refused(inProject('p'.repeat(256))), [400, 'SCM.0005']);
  assert.deepEqual(await refused(inProject('waf-only')), [400, 'SCM.0204']);
});

test('state, kind, key, owner and permission are judged before any service is asked', async () => {
  const calls = bench.targets.at('ELB', 'cn-north-7').calls.length;
  const other = (options: Parameters<DeploymentBench['store']>[1]) => bench.store(account.accountId, options);
  const paid = await other({ columns: { status: 'PAID' } });
  assert.deepEqual(await refused(deploy(elb('a'), paid)), [400, 'SCM.0010']);
  assert.deepEqual(await refused(deploy(elb('a'), await other({ algorithm: 'SM2' }))), [400, 'SCM.0401']);
  assert.deepEqual(await refused(deploy(elb('a'), await other({ withoutKey: true }))), [400, 'SCM.0059']);
  assert.deepEqual(await refused(deploy(elb('a'), 'scs0000000000009')), [404, 'SCM.0094']);
  assert.deepEqual(await refused(deploy(elb('a'), id, bench.account())), [404, 'SCM.0094']);
  const denied = account.without('scm:cert:deployResources');
  assert.deepEqual(await refused(deploy(elb('a'), id, denied)), [403, 'SCM.1019']);
  assert.equal(bench.targets.at('ELB', 'cn-north-7').calls.length, calls);
});

test('two deployments to one resource at once do not mix, and the record is that of the last', async () => {
  const target = bench.targets.at('WAF', 'eu-west-101');
  const other = await bench.store(account.accountId);
  const body = {
    service_name: 'WAF',
    project_name: 'eu-west-101',
    resources: [{ id: 'same', type: 'cloud', enterprise_project_id: '0' }],
  };
  target.mostAtOnce = 0;
  await Promise.all([id, other, id, other].map((each) => deploy(body, each)));
  assert.equal(target.mostAtOnce, 1);
  const last = target.serving.get('same')!.certificateId;
  assert.deepEqual(
    (await deployedResources([last])).map((each) => each.total_num),
    [1],
  );
  assert.deepEqual(
    (await deployedResources([last === id ? other : id])).map((each) => each.total_num),
    [0],
  );
});

interface Resources {
  readonly results: { certificate_id: string; total_num: number; deployed_resources: unknown[] }[];
}
async function deployedResources(certificate_ids: string[], service_names = ['ALL']) {
  const body = { certificate_ids, service_names };
  const answer = await account.send<Resources>('POST', '/v3/scm/deployed-resources', body);
  assert.equal(answer.status, 200);
  return answer.body.results;
}
