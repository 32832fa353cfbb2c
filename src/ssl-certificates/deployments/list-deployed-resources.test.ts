import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { TargetFailure } from '../targets/target.ts';
import { type DeploymentBench, openSqliteDeploymentBench } from './deployments.fixture.ts';

const bench = await openSqliteDeploymentBench();
let account: ReturnType<DeploymentBench['account']>;
let id: string;

beforeEach(async () => {
  account = bench.account();
  id = await bench.store(account.accountId);
});

interface Listed {
  readonly results: {
    readonly certificate_id: string;
    readonly total_num: number;
    readonly deployed_resources: readonly {
      readonly service: string;
      readonly resource_num: number;
      readonly resource_location: string;
      readonly region_resources: readonly { readonly region_id: string; readonly is_error: boolean }[];
    }[];
  }[];
}
const list = <Body = Listed>(certificate_ids: unknown, service_names: unknown = ['ALL'], by = account) =>
  by.send<Body>('POST', '/v3/scm/deployed-resources', { certificate_ids, service_names });
async function deploy(service_name: string, project_name: string, resource: object, certificateId = id) {
  const body = { service_name, project_name, resources: [resource] };
  const answer = await account.send('POST', `/v3/scm/certificates/${certificateId}/deploy`, body);
  assert.deepEqual(answer.body, { failure_list: [] });
}
const host = { id: 'h1', type: 'cloud', enterprise_project_id: '0' };

async function refused(answer: Promise<{ status: number; body: unknown }>, text = /^/) {
  const { status, body } = await answer;
  const { error_code, error_msg } = body as { error_code: string; error_msg: string };
  assert.match(error_msg, text);
  return [status, error_code];
}

test('by certificate, service and region; CDN is global', async () => {
  await deploy('ELB', 'cn-north-7', { id: 'c1' });
  await deploy('ELB', 'cn-north-7', { id: 'c2' });
  await deploy('ELB', 'eu-west-101', { id: 'c1' });
  await deploy('CDN', '', { domain_name: 'www.example.test' });
  const { body } = await list([id]);
  const resource = (resource_id: string) => ({ resource_id, resource_name: `name of ${resource_id}` });
  const region = (region_id: string, ...ids: string[]) => ({
    region_id,
    is_error: false,
    resources: ids.map(resource),
  });
  assert.deepEqual(body, {
    results: [
      {
        certificate_id: id,
        total_num: 4,
        deployed_resources: [
          { service: 'WAF', resource_num: 0, resource_location: 'region', region_resources: [] },
          {
            service: 'CDN',
            resource_num: 1,
            resource_location: 'global',
            region_resources: [region('global', 'www.example.test')],
          },
          {
            service: 'ELB',
            resource_num: 3,
            resource_location: 'region',
            region_resources: [region('cn-north-7', 'c1', 'c2'), region('eu-west-101', 'c1')],
          },
        ],
      },
    ],
  });
});

test('one result for each certificate, in the order that was asked; the total is of the services that were asked', async () => {
  const other = await bench.store(account.accountId);
  await deploy('ELB', 'cn-north-7', { id: 'c1' });
  await deploy('WAF', 'cn-north-7', host);
  const { body } = await list([other, id], ['WAF', 'WAF']);
  assert.deepEqual(
    body.results.map((each) => [each.certificate_id, each.total_num, each.deployed_resources.length]),
    [
      [other, 0, 1],
      [id, 1, 1],
    ],
  );
});

test('a push is no resource, but what the service says that it made of it is', async () => {
  const target = bench.targets.at('ELB', 'eu-west-101');
  const push = { target_service: 'ELB', target_project: 'eu-west-101' };
  await account.send('POST', `/v3/scm/certificates/${id}/push`, push);
  assert.equal((await list([id])).body.results[0]?.total_num, 0);
  target.using = (certificate) => (certificate === `target-${id}` ? [{ id: 'l1', name: 'listener' }] : []);
  try {
    assert.deepEqual((await list([id], ['ELB'])).body.results[0]?.deployed_resources[0]?.region_resources, [
      {
        region_id: 'eu-west-101',
        is_error: false,
        resources: [{ resource_id: 'l1', resource_name: 'listener' }],
      },
    ]);
  } finally {
    target.using = undefined;
  }
});

test('a region that cannot be asked is an error, with what was recorded', async () => {
  await deploy('WAF', 'cn-north-7', host);
  const target = bench.targets.at('WAF', 'cn-north-7');
  const regions = async () =>
    (await list([id], ['WAF'])).body.results[0]?.deployed_resources[0]?.region_resources.map((each) => ({
      ...each,
    }));
  const recorded = [{ resource_id: 'h1', resource_name: 'name of h1' }];
  target.failures = new TargetFailure('unavailable', 'down');
  try {
    assert.deepEqual(await regions(), [{ region_id: 'cn-north-7', is_error: true, resources: recorded }]);
  } finally {
    target.failures = undefined;
  }
  bench.targets.remove('WAF', 'cn-north-7');
  try {
    assert.deepEqual(await regions(), [{ region_id: 'cn-north-7', is_error: true, resources: recorded }]);
  } finally {
    bench.targets.add('WAF', 'cn-north-7');
  }
});

test('a resource has the certificate that was deployed last', async () => {
  const other = await bench.store(account.accountId);
  await deploy('ELB', 'cn-north-7', { id: 'c9' });
  await deploy('ELB', 'cn-north-7', { id: 'c9' }, other);
  assert.deepEqual(
    (await list([id, other])).body.results.map((each) => each.total_num),
    [0, 1],
  );
});

test('every fault of the lists has its code', async () => {
  for (const names of [[], undefined, ['OBS'], ['elb'], ['WAF', 'OBS']])
    assert.deepEqual(
      await refused(list([id], names ?? null), names ? /Currently only supports: WAF, CDN, ELB/ : /^/),
      [400, names ? 'SCM.0501' : 'SCM.0005'],
    );
  assert.deepEqual(await refused(list([id], 'ALL')), [400, 'SCM.0005']);
  const answer = account.send('POST', '/v3/scm/deployed-resources', { certificate_ids: [id] });
  assert.deepEqual(await refused(answer), [400, 'SCM.0501']);
  assert.deepEqual(await refused(list([])), [400, 'SCM.0502']);
  const lacking = account.send('POST', '/v3/scm/deployed-resources', { service_names: ['ALL'] });
  assert.deepEqual(await refused(lacking), [400, 'SCM.0502']);
  const many = Array.from({ length: 51 }, (_, index) => `scs${String(index).padStart(13, '0')}`);
  assert.deepEqual(await refused(list(many)), [400, 'SCM.0505']);
  assert.deepEqual(await refused(list(many.slice(1)), /cannot be found:scs0000000000001, scs/), [
    400,
    'SCM.0506',
  ]);
  assert.deepEqual(await refused(list([id, id])), [400, 'SCM.0507']);
  const stranger = await bench.store(bench.account().accountId);
  assert.deepEqual(await refused(list([id, stranger]), new RegExp(`:${stranger}$`)), [400, 'SCM.0506']);
});

test('for issued and imported certificates that are not SM certificates', async () => {
  const uploaded = await bench.store(account.accountId, { columns: { status: 'UPLOAD' } });
  assert.equal((await list([uploaded])).status, 200);
  const paid = await bench.store(account.accountId, { columns: { status: 'PAID' } });
  const sm = await bench.store(account.accountId, { algorithm: 'SM2' });
  assert.deepEqual(await refused(list([id, paid, sm]), new RegExp(`resources:${paid}, ${sm}$`)), [
    400,
    'SCM.0508',
  ]);
});

test('either name of the permission refuses it', async () => {
  for (const action of ['scm:cert:listDeployedResources', 'scm:cert:deployed'])
    assert.deepEqual(await refused(list([id], ['ALL'], account.without(action))), [403, 'SCM.1019']);
});
