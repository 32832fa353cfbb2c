// Needs: openssl 3.0 or later on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { createCa, issueWithKey, pendingCaBody, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { run } from './support/programs.ts';

const cas = '/v1/private-certificate-authorities';
let server: RunningServer;
let api: ApiClient;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-policy-'));
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function save(name: string, path: string, body?: object): Promise<string> {
  const { certificate } = await api.call<{ certificate: string }>('POST', path, body);
  await writeFile(join(folder, name), certificate);
  return join(folder, name);
}

const leafOf = async (name: string, issuerId: string, commonName: string) =>
  save(name, `/v1/private-certificates/${await issueWithKey(api, issuerId, commonName)}/export`, {
    type: 'OTHER',
    is_compressed: 'false',
  });

test('the name constraints of a policy bind what OpenSSL takes from the subordinate CA', async () => {
  const rootId = await createCa(api, rootCaBody('Constraining root'));
  await api.call('PUT', `${cas}/${rootId}/issuance-policy`, {
    name_constraints: {
      permitted: { dns: ['example.test'], ip: ['10.0.0.0/8', '2001:db8::/32'] },
      excluded: { dns: ['secret.example.test'] },
    },
  });
  const subId = await createCa(api, {
    ...pendingCaBody('Constrained'),
    issuer_id: rootId,
    signature_algorithm: 'SHA256',
    validity: { type: 'YEAR', value: 1 },
  });
  const [root, sub] = [
    await save('root.pem', `${cas}/${rootId}/export`),
    await save('sub.pem', `${cas}/${subId}/export`),
  ];
  const text = await run('openssl', ['x509', '-in', sub, '-noout', '-ext', 'nameConstraints']);
  assert.match(text, /Name Constraints: critical/);
  for (const subtree of ['DNS:example.test', 'IP:10.0.0.0/255.0.0.0', 'DNS:secret.example.test'])
    assert.ok(text.includes(subtree), text);

  const verify = (leaf: string) => ['verify', '-x509_strict', '-CAfile', root, '-untrusted', sub, leaf];
  const leaf = await leafOf('leaf.pem', subId, 'www.example.test');
  assert.match(await run('openssl', verify(leaf)), /OK/);

  // What would not verify is not issued in the first place.
  const refused = await api.send('POST', '/v1/private-certificates', {
    issuer_id: subId,
    distinguished_name: { common_name: 'www.example.org' },
    validity: { type: 'DAY', value: 1 },
  });
  assert.equal(refused.status, 400, refused.text);
});
