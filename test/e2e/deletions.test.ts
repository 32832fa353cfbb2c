import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { createCa, rootCaBody } from '../support/private-ca-requests.ts';

const agencies = '/v3.0/OS-AGENCY/agencies';
const cas = '/v1/private-certificate-authorities';

let running: RunningApp;
let api: ApiClient;

before(async () => {
  running = await startApp();
  api = await signIn(running);
});

after(async () => {
  api?.close();
  await running?.close();
});

async function refusal(method: string, path: string): Promise<string> {
  const { status, text } = await api.send(method, path);
  assert.equal(status, 409, text);
  return text;
}

test('a project with keys stays, and its keys work on', async () => {
  const { project } = await api.call<{ project: { id: string } }>('POST', '/v3/projects', {
    project: { name: 'full' },
  });
  const { account_name: accountName, user_name: userName, password } = running.bootstrap;
  const inProject = await signIn(running, { accountName, userName, password, projectName: 'full' });
  const kms = `/v1.0/${project.id}/kms`;
  const { key_info: key } = await inProject.call<{ key_info: { key_id: string } }>(
    'POST',
    `${kms}/create-key`,
    { key_alias: 'kept' },
  );
  assert.match(await refusal('DELETE', `/v3/projects/${project.id}`), /It holds KMS keys: 1\. Delete these/);
  await inProject.call('POST', `${kms}/encrypt-data`, { key_id: key.key_id, plain_text: 'still here' });
  inProject.close();
});

test('what CRLs are published with stays until they are off', async () => {
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: 'lists' });
  await api.call('POST', '/v1/private-certificate-authorities/obs/agencies');
  const ca = await createCa(api, {
    ...rootCaBody('Lists'),
    crl_configuration: { enabled: true, obs_bucket_name: 'lists', valid_days: 7 },
  });
  assert.match(await refusal('DELETE', '/v1/object-storage/buckets/lists'), /publish their CRLs there: 1/);
  const listed = await api.call<{ agencies: { id: string; trust_domain_name: string }[] }>(
    'GET',
    `${agencies}?domain_id=${running.bootstrap.account_id}`,
  );
  const agency = listed.agencies.find(({ trust_domain_name: name }) => name === 'op_svc_pca');
  assert.ok(agency);
  assert.match(await refusal('DELETE', `${agencies}/${agency.id}`), /publish their CRLs through it: 1/);
  await api.call('POST', `${cas}/${ca}/crl/disable`);
  assert.equal((await api.send('DELETE', `${agencies}/${agency.id}`)).status, 204);
});

test('a group that a mapping names stays until the mapping is changed', async () => {
  const { group } = await api.call<{ group: { id: string } }>('POST', '/v3/groups', {
    group: { name: 'mapped' },
  });
  const rules = [{ local: [{ group: { name: 'mapped' } }], remote: [{ type: '__NAMEID__' }] }];
  const mapping = '/v3/OS-FEDERATION/mappings/to-mapped';
  await api.call('PUT', mapping, { mapping: { rules } });
  assert.match(await refusal('DELETE', `/v3/groups/${group.id}`), /put users into it: 1/);
  await api.call('DELETE', mapping);
  assert.equal((await api.send('DELETE', `/v3/groups/${group.id}`)).status, 204);
});
