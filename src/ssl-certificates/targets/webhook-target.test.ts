import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { OutboundFailed, type OutboundRequest } from '../../platform/outbound/index.ts';
import { testBundle } from './bundle.fixture.ts';
import { targetPorts, temporaryFolder } from './targets.fixture.ts';
import { createWebhookTarget } from './webhook-target.ts';

const resource = { id: 'c1', type: 'cloud', domainName: '', enterpriseProjectId: '0' };
const secretBytes = Buffer.from('the secret of the receiver');

async function opened(answer: { status: number; body: string } | OutboundFailed) {
  const ports = targetPorts(await temporaryFolder());
  const sent: { url: string; options: OutboundRequest }[] = [];
  const request = async (url: string, options: OutboundRequest = {}) => {
    sent.push({ url, options });
    if (answer instanceof OutboundFailed) throw answer;
    return { status: answer.status, headers: {}, body: Buffer.from(answer.body) };
  };
  const target = createWebhookTarget(
    { ...ports, outbound: { ...ports.outbound, request } },
    {
      service: 'ELB',
      project: 'cn-north-7',
      connector: 'webhook',
      url: 'https://hook.example.test/certificates',
      secret: `whsec_${secretBytes.toString('base64')}`,
    },
  );
  return { target, sent };
}

test('signed as Standard Webhooks has it, with the certificate and where it belongs', async () => {
  const { target, sent } = await opened({
    status: 200,
    body: '{"certificate_id":"theirs","resource_name":"shop"}',
  });
  const bundle = await testBundle();
  assert.deepEqual(await target.deploy(bundle, resource), {
    targetCertificateId: 'theirs',
    resourceName: 'shop',
  });
  const [{ url, options } = assert.fail()] = sent;
  assert.equal(url, 'https://hook.example.test/certificates');
  assert.equal(options.method, 'POST');
  const { headers = {}, body } = options;
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', secretBytes).update(signed).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${expected}`);
  assert.equal(headers['webhook-timestamp'], String(Date.UTC(2025, 10, 28, 9, 30, 0) / 1_000));
  assert.deepEqual(JSON.parse(String(body)), {
    action: 'deploy',
    service: 'ELB',
    project: 'cn-north-7',
    certificate: {
      id: bundle.certificateId,
      name: bundle.name,
      domain: bundle.domain,
      certificate: bundle.certificatePem,
      certificate_chain: bundle.chainPem,
      private_key: bundle.privateKeyPem,
      fingerprint_sha256: bundle.fingerprintSha256,
    },
    resource: { id: 'c1', type: 'cloud', domain_name: '', enterprise_project_id: '0' },
  });
});

test('an answer without words of its own is enough', async () => {
  const bundle = await testBundle();
  for (const body of ['', 'null', 'done', '{"certificate_id":7}']) {
    const { target } = await opened({ status: 204, body });
    assert.equal(await target.push(bundle), bundle.certificateId);
    assert.equal((await target.deploy(bundle, resource)).resourceName, 'c1');
  }
});

for (const [status, kind] of [
  [400, 'refused'],
  [302, 'refused'],
  [401, 'forbidden'],
  [403, 'forbidden'],
  [404, 'no-such-resource'],
  [429, 'unavailable'],
  [503, 'unavailable'],
] as const)
  test(`${status} is ${kind}, in the receiver's words where there are any`, async () => {
    const bundle = await testBundle();
    const { target } = await opened({ status, body: '{"error_code":"X.1","error_msg":"not like this"}' });
    await assert.rejects(target.push(bundle), { kind, text: 'X.1:not like this' });
    const { target: mute } = await opened({ status, body: '<html>' });
    await assert.rejects(mute.push(bundle), { kind, text: `The webhook answered ${status}.` });
  });

test('a receiver that is not there is unavailable, and the tenant does not read where it would be', async () => {
  const { target } = await opened(new OutboundFailed('hook.example.test has no address.'));
  await assert.rejects(target.push(await testBundle()), {
    kind: 'unavailable',
    text: 'The service could not be reached; the log of OpenCCM says why.',
  });
});
