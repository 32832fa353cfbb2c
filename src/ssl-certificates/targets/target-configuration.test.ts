import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { StartRefused } from '../../platform/start-refused.ts';
import { readSslConfiguration } from '../configuration.ts';
import { testBundle } from './bundle.fixture.ts';
import { createTargets } from './create-targets.ts';
import type { Target } from './target.ts';
import { targetPorts, temporaryFolder } from './targets.fixture.ts';

const folder = await temporaryFolder();
const elb = { service: 'ELB', project: 'cn-north-7', connector: 'folder', folder: join(folder, 'elb') };
const site = { certificate_file: '/etc/nginx/a.crt', key_file: '/etc/nginx/a.key' };
const nginx = { service: 'ELB', project: 'a', connector: 'nginx', resources: { site } };
const vendor = {
  service: 'WAF',
  project: 'cn-north-4',
  connector: 'vendor',
  endpoint: 'https://waf.example.test',
  access_key: 'AK',
  secret_key: 'SK',
};

const create = (...targets: object[]) => {
  const configuration = readSslConfiguration(JSON.stringify({ targets }), 'ssl.json');
  return createTargets(targetPorts(folder), configuration.targets);
};

test('what is configured is all there is', async () => {
  const targets = await create(elb, { ...elb, service: 'WAF', project: 'other' });
  assert.deepEqual(targets.projectsOf('ELB'), ['cn-north-7']);
  assert.equal(targets.find('ELB', 'eu-west-101'), 'unknown-project');
  assert.equal(targets.find('ELB', 'other'), 'no-service');
  assert.equal(targets.find('CDN', 'global'), 'unknown-project');
  assert.deepEqual((await create()).projectsOf('ELB'), []);
});

test('mistakes are refused at the start, with the place and what it has to be', async () => {
  const refused = async (text: RegExp, ...targets: object[]) =>
    assert.rejects(
      async () => create(...targets),
      (error) => error instanceof StartRefused && text.test(error.message),
    );
  await refused(/ELB in cn-north-7 is configured twice/, elb, elb);
  await refused(/ssl\.json: .*targets/, { ...elb, service: 'OBS' });
  await refused(/ssl\.json: .*targets/, { ...elb, connector: 'ftp' });
  await refused(/ssl\.json: .*targets/, { ...elb, fodler: '/x' });
  await refused(/ssl\.json: .*targets/, { ...elb, folder: 'relative' });
  await refused(/ssl\.json: .*targets/, { ...elb, folder: '/with space' });
  await refused(/project of CDN has to be global/, { ...elb, service: 'CDN' });
  await refused(/a\.crt is named twice/, nginx, { ...nginx, project: 'b' });
  const same = { site: { certificate_file: '/a.pem', key_file: '/a.pem' } };
  await refused(/a\.pem is named twice/, { ...nginx, resources: same });
  await refused(/needs project_id/, vendor);
  const keyFile = { file: join(folder, 'missing') };
  await refused(/missing/, { ...vendor, project_id: 'p'.repeat(32), secret_key: keyFile });
  await refused(/ca\.pem/, { ...vendor, project_id: 'p'.repeat(32), ca_file: join(folder, 'ca.pem') });
  const webhook = { service: 'ELB', project: 'a', connector: 'webhook', secret: 's' };
  await refused(/ssl\.json: .*targets/, { ...webhook, url: 'http://plain.example.test' });
});

test('other accounts than those of the configuration are refused; a failing disk is a failure of the target', async () => {
  const account = 'b'.repeat(32);
  const file = join(folder, 'file');
  await writeFile(file, '');
  const targets = await create(
    { ...elb, accounts: [account] },
    { ...elb, project: 'p', folder: join(file, 'none') },
  );
  const target = targets.find('ELB', 'cn-north-7') as Target;
  const bundle = await testBundle();
  const resource = { id: 'c1', type: '', domainName: '', enterpriseProjectId: '' };
  await assert.rejects(target.push(bundle), { kind: 'forbidden' });
  await assert.rejects(target.deploy(bundle, resource), { kind: 'forbidden' });
  assert.equal(await target.push({ ...bundle, accountId: account }), bundle.certificateId);
  const unwritable = targets.find('ELB', 'p') as Target;
  await assert.rejects(unwritable.push(bundle), {
    kind: 'unavailable',
    text: /^The target could not be used/,
  });
});

test('what a target answers is kept only where it can be a name, and is not what it was sent', async () => {
  const hook = {
    service: 'WAF',
    project: 'a',
    connector: 'webhook',
    url: 'https://hook.test',
    secret: 'secret',
  };
  const { targets: configured } = readSslConfiguration(JSON.stringify({ targets: [hook] }), 'ssl.json');
  const answers: { status: number; body: object }[] = [];
  const ports = targetPorts(folder);
  const request = async () => {
    const { status, body } = answers.shift()!;
    return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
  };
  const targets = await createTargets({ ...ports, outbound: { ...ports.outbound, request } }, configured);
  const target = targets.find('WAF', 'a') as Target;
  const bundle = await testBundle();
  const resource = { id: 'c1', type: 'cloud', domainName: '', enterpriseProjectId: '0' };
  const deployed = (certificate_id: string, resource_name: string) => {
    answers.push({ status: 200, body: { certificate_id, resource_name } });
    return target.deploy(bundle, resource);
  };
  assert.deepEqual(await deployed('theirs', 'der Laden'), {
    targetCertificateId: 'theirs',
    resourceName: 'der Laden',
  });
  for (const said of [bundle.privateKeyPem.split('\n')[1]!, 'x'.repeat(256), 'a\0b', 'a\nb', '\ud800'])
    assert.deepEqual(await deployed(said, said), {
      targetCertificateId: bundle.certificateId,
      resourceName: 'c1',
    });
  answers.push({ status: 400, body: { error_code: 'X', error_msg: 'no\0\r\nway' } });
  await assert.rejects(target.push(bundle), { kind: 'refused', text: 'X:no way' });
});
