import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeAt, stepAt } from '../../src/iam/second-factor/totp.ts';
import { type ApiClient, clientWith } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { createCa, issueWithKey, rootCaBody } from '../support/private-ca-requests.ts';
import { decodeBase32 } from '../support/second-factor.ts';

let running: RunningApp;
let plain: ApiClient;
let strong: ApiClient;
let userId: string;

const cas = '/v1/private-certificate-authorities';

/** Signs in to the whole account, so that the user is there in person. */
async function signInAs(second?: { readonly passcode: string }): Promise<ApiClient> {
  const { user_name: name, password, account_id } = running.bootstrap;
  const stranger = await clientWith(running, undefined);
  const identity = {
    methods: second ? ['password', 'totp'] : ['password'],
    password: { user: { name, password, domain: { id: account_id } } },
    ...(second && { totp: { user: { id: userId, ...second } } }),
  };
  const answer = await stranger.send('POST', '/v3/auth/tokens', {
    auth: { identity, scope: { domain: { id: account_id } } },
  });
  stranger.close();
  assert.equal(answer.status, 201, answer.text);
  return clientWith(running, String(answer.headers['x-subject-token']));
}

before(async () => {
  running = await startApp();
  plain = await signInAs();
  const { users } = await plain.call<{ users: { id: string }[] }>('GET', '/v3/users');
  userId = users[0]?.id ?? '';
  const { virtual_mfa_device: device } = await plain.call<{
    virtual_mfa_device: { serial_number: string; base32_string_seed: string };
  }>('POST', '/v3.0/OS-MFA/virtual-mfa-devices', { virtual_mfa_device: { name: 'phone', user_id: userId } });
  const seed = decodeBase32(device.base32_string_seed);
  const now = stepAt(Date.now());
  await plain.call('PUT', '/v3.0/OS-MFA/mfa-devices/bind', {
    user_id: userId,
    serial_number: device.serial_number,
    authentication_code_first: codeAt(seed, now - 1),
    authentication_code_second: codeAt(seed, now),
  });
  strong = await signInAs({ passcode: codeAt(seed, now + 1) });
});

after(async () => {
  plain?.close();
  strong?.close();
  await running?.close();
});

test('critical operations of every service need the second factor, each in its own words', async () => {
  const { account_id, project_id } = running.bootstrap;
  const kms = `/v1.0/${project_id}/kms`;
  const ca = await createCa(plain, rootCaBody('Protected'));
  const certificate = await issueWithKey(plain, ca, 'service.example');
  const { key_info: key } = await plain.call<{ key_info: { key_id: string } }>('POST', `${kms}/create-key`, {
    key_alias: 'protected',
  });
  const { id: csr } = await plain.call<{ id: string }>('POST', '/v3/scm/csr', {
    name: 'csr',
    domain_name: 'example.com',
    private_key_algo: 'EC_P256',
    usage: 'PERSONAL',
  });
  const protectPolicy = `/v3.0/OS-SECURITYPOLICY/domains/${account_id}/protect-policy`;
  await plain.call('PUT', protectPolicy, { protect_policy: { operation_protection: true } });

  const role = {
    display_name: 'everything',
    type: 'AX',
    description: '',
    policy: { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['*:*:*'] }] },
  };
  const operations: readonly (readonly [method: string, path: string, body?: object])[] = [
    ['POST', `/v1/private-certificates/${certificate}/export`, { type: 'NGINX', is_compressed: 'false' }],
    ['GET', `/v3/scm/csr/${csr}/private-key`],
    ['POST', `${kms}/schedule-key-deletion`, { key_id: key.key_id, pending_days: '7' }],
    ['PUT', `${cas}/${ca}/issuance-policy`, { key_algorithms: ['EC256'] }],
    ['DELETE', `${cas}/${ca}/shares`],
    ['DELETE', `${cas}/${ca}/issuance-policy`],
    ['POST', '/v3.0/OS-ROLE/roles', { role }],
    ['POST', '/v3.0/OS-CREDENTIAL/credentials', { credential: { user_id: userId, description: '' } }],
    ['PUT', protectPolicy, { protect_policy: { operation_protection: false } }],
  ];
  for (const [method, path, body] of operations) {
    const refused = await plain.send(method, path, body);
    assert.ok(refused.status === 403 || refused.status === 401, `${method} ${path}: ${refused.text}`);
    assert.match(refused.text, /second factor within the last 15 minutes/, path);
  }
  // What shares the action kms:cmk:update goes on.
  await plain.call('POST', `${kms}/update-key-description`, { key_id: key.key_id, key_description: 'd' });
  for (const [method, path, body] of operations) {
    const done = await strong.send(method, path, body);
    assert.ok(done.status < 300, `${method} ${path}: ${done.status} ${done.text}`);
  }
  await plain.call('POST', `${cas}/${ca}/disable`);
  await strong.call('PUT', protectPolicy, { protect_policy: { operation_protection: true } });
  const refused = await plain.send('DELETE', `${cas}/${ca}?pending_days=7`);
  assert.match(refused.text, /second factor/);
  assert.equal((await strong.send('DELETE', `${cas}/${ca}?pending_days=7`)).status, 204);
});
