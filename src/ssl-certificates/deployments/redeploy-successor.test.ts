import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { findCertificate, removeCertificate } from '../certificates/certificate-store.ts';
import { benchMigrations } from '../ssl-certificates.fixture.ts';
import { TargetFailure } from '../targets/target.ts';
import { deploymentsOf, forgetDeployments } from './deployment-store.ts';
import { type DeploymentBench, dayMs, openDeploymentBench } from './deployments.fixture.ts';
import { requireNoRedeployment, scheduleRedeployment } from './redeploy-successor.ts';

const isRefused = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'SCM.0105';

async function deployTo(bench: DeploymentBench, accountId: string, id: string, ...resources: string[]) {
  const body = {
    service_name: 'ELB',
    project_name: 'cn-north-7',
    resources: resources.map((each) => ({ id: each })),
  };
  const answer = await bench.account(accountId).send('POST', `/v3/scm/certificates/${id}/deploy`, body);
  assert.deepEqual(answer.body, { failure_list: [] });
}

async function renew(bench: DeploymentBench, accountId: string, predecessor: string): Promise<string> {
  const certificateId = await bench.store(accountId, { columns: { predecessor_id: predecessor } });
  await bench.database.transaction((transaction) =>
    scheduleRedeployment(bench.ports, transaction, { accountId, certificateId }),
  );
  return certificateId;
}

async function places(bench: DeploymentBench, accountId: string, id: string): Promise<string[]> {
  const rows = await deploymentsOf(bench.database, accountId, id);
  return rows.map((row) => `${row.service}/${row.project}/${row.resource_id}`);
}

const down = new TargetFailure('unavailable', 'no connection');

describeOnEachDatabase('redeployment of a successor', benchMigrations, (open) => {
  async function opened() {
    const bench = await openDeploymentBench(await open());
    const { accountId } = bench.account();
    return { bench, accountId, elb: bench.targets.at('ELB', 'cn-north-7') };
  }

  test('takes the place of its predecessor everywhere, pushes too, and both tell the truth', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    const account = bench.account(accountId);
    await deployTo(bench, accountId, old, 'c1', 'c2');
    const waf = { id: 'h1', type: 'premium', enterprise_project_id: '0' };
    for (const [path, body] of [
      ['deploy', { service_name: 'WAF', project_name: 'eu-west-101', resources: [waf] }],
      ['deploy', { service_name: 'CDN', resources: [{ domain_name: 'www.example.test' }] }],
      ['push', { target_service: 'CDN', target_project: '' }],
    ] as const)
      assert.ok((await account.send('POST', `/v3/scm/certificates/${old}/${path}`, body)).status < 300);
    const successor = await renew(bench, accountId, old);
    await assert.rejects(requireNoRedeployment(bench.database, accountId, old), isRefused);
    await assert.rejects(requireNoRedeployment(bench.database, accountId, successor), isRefused);
    await bench.jobs.runDue();
    assert.equal(elb.serving.get('c1')?.certificateId, successor);
    assert.equal(elb.serving.get('c2')?.certificateId, successor);
    assert.deepEqual(bench.targets.at('WAF', 'eu-west-101').resources.at(-1), {
      id: 'h1',
      type: 'premium',
      domainName: '',
      enterpriseProjectId: '0',
    });
    assert.equal(bench.targets.at('CDN', 'global').serving.get('www.example.test')?.certificateId, successor);
    assert.deepEqual(await places(bench, accountId, successor), [
      'CDN/global/',
      'CDN/global/www.example.test',
      'ELB/cn-north-7/c1',
      'ELB/cn-north-7/c2',
      'WAF/eu-west-101/h1',
    ]);
    assert.deepEqual(await places(bench, accountId, old), ['CDN/global/']);
    await requireNoRedeployment(bench.database, accountId, old);
    await requireNoRedeployment(bench.database, accountId, successor);
    const audits = await bench.audits(accountId);
    assert.ok(
      audits.some((each) => each.principal_id === 'ssl-redeployment' && each.resource_id === successor),
    );
  });

  test('a place that is down is tried until it is there again; places done are not done again', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'up', 'down');
    elb.failures = new Map([['down', down]]);
    elb.calls.length = 0;
    const successor = await renew(bench, accountId, old);
    for (let hours = 0; hours < 3; hours += 1) {
      await bench.jobs.runDue();
      bench.clock.advance(3_600_000);
    }
    assert.equal(elb.serving.get('down')?.certificateId, old);
    assert.deepEqual(await places(bench, accountId, successor), ['ELB/cn-north-7/up']);
    assert.deepEqual(await places(bench, accountId, old), ['ELB/cn-north-7/down']);
    elb.failures = undefined;
    await bench.jobs.runDue();
    assert.equal(elb.serving.get('down')?.certificateId, successor);
    assert.equal(elb.calls.filter((call) => call.startsWith('up=')).length, 1);
    assert.equal(elb.calls.filter((call) => call.startsWith('down=')).length, 4);
    const failed = (await bench.audits(accountId)).filter((each) => each.result === 'failed');
    assert.equal(failed.length, 1, 'one trace for a reason, not one for each attempt');
  });

  test('a target that is not configured for a while delays, and does not lose', async () => {
    const { bench, accountId } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'c1');
    bench.targets.remove('ELB', 'cn-north-7');
    const successor = await renew(bench, accountId, old);
    await bench.jobs.runDue();
    bench.targets.add('ELB', 'cn-north-7');
    bench.clock.advance(3_600_000);
    await bench.jobs.runDue();
    assert.deepEqual(await places(bench, accountId, successor), ['ELB/cn-north-7/c1']);
  });

  test('a place that the successor has taken already is not deployed to again', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'c1');
    const successor = await renew(bench, accountId, old);
    await deployTo(bench, accountId, successor, 'c1');
    elb.calls.length = 0;
    await bench.jobs.runDue();
    assert.deepEqual(elb.calls, []);
    await requireNoRedeployment(bench.database, accountId, successor);
  });

  test('the next successor takes over what its predecessor had not reached yet', async () => {
    const { bench, accountId, elb } = await opened();
    const first = await bench.store(accountId);
    await deployTo(bench, accountId, first, 'up', 'down');
    elb.failures = new Map([['down', down]]);
    const second = await renew(bench, accountId, first);
    await bench.jobs.runDue();
    const third = await renew(bench, accountId, second);
    elb.failures = undefined;
    elb.calls.length = 0;
    bench.clock.advance(3_600_000);
    await bench.jobs.runDue();
    assert.deepEqual(elb.calls.toSorted(), [`down=${third}`, `up=${third}`]);
    assert.deepEqual(await places(bench, accountId, third), ['ELB/cn-north-7/down', 'ELB/cn-north-7/up']);
    assert.deepEqual(await places(bench, accountId, first), []);
  });

  test('what somebody else was deployed to meanwhile is left alone', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'c1');
    const successor = await renew(bench, accountId, old);
    const other = await bench.store(accountId);
    await deployTo(bench, accountId, other, 'c1');
    await bench.jobs.runDue();
    assert.equal(elb.serving.get('c1')?.certificateId, other);
    await requireNoRedeployment(bench.database, accountId, successor);
  });

  test('a resource that is gone is given up, and the predecessor is not there any more', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'c1');
    elb.failures = new TargetFailure('no-such-resource', 'ELB.8904:certificate c1 does not exist');
    const successor = await renew(bench, accountId, old);
    await bench.jobs.runDue();
    assert.deepEqual(await places(bench, accountId, old), []);
    await requireNoRedeployment(bench.database, accountId, successor);
  });

  test('nothing is deployed of a certificate that is gone, revoked or over, or whose key is not here', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await deployTo(bench, accountId, old, 'c1');
    const base = { predecessor_id: old };
    const { database } = bench;
    const successors = [
      await bench.store(accountId, { columns: { ...base, status: 'REVOKED' } }),
      await bench.store(accountId, { columns: { ...base, not_after: bench.clock.nowMs() - dayMs } }),
      await bench.store(accountId, { columns: base, withoutKey: true }),
      await bench.store(accountId, { columns: base }),
    ];
    for (const certificateId of successors)
      await database.transaction((transaction) =>
        scheduleRedeployment(bench.ports, transaction, { accountId, certificateId }),
      );
    const gone = await findCertificate(database, accountId, successors[3]!);
    await database.transaction((transaction) => removeCertificate(transaction, gone!));
    elb.calls.length = 0;
    await bench.jobs.runDue();
    assert.deepEqual(elb.calls, []);
    await requireNoRedeployment(database, accountId, old);
  });

  test('a certificate without a predecessor has nothing to do, and what is forgotten is not redeployed', async () => {
    const { bench, accountId, elb } = await opened();
    const old = await bench.store(accountId);
    await bench.database.transaction((transaction) =>
      scheduleRedeployment(bench.ports, transaction, { accountId, certificateId: old }),
    );
    await deployTo(bench, accountId, old, 'c1');
    await bench.database.transaction((transaction) => forgetDeployments(transaction, accountId, old));
    await renew(bench, accountId, old);
    elb.calls.length = 0;
    await bench.jobs.runDue();
    assert.deepEqual(elb.calls, []);
  });
});
