// Needs: openssl 3.0 or later on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

/** A leaf that the CA's own holder signs, where no policy of OpenCCM is asked. */
async function signedElsewhere(
  name: string,
  ca: { pem: string; key: string },
  subject: string,
  names: string,
) {
  const at = (ending: string) => join(folder, `${name}.${ending}`);
  await writeFile(at('ext'), names === '' ? '' : `subjectAltName=${names}\n`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', ['req', '-new', ...curve, '-keyout', at('key'), '-subj', subject, '-out', at('csr')]);
  const issuer = ['-CA', ca.pem, '-CAkey', ca.key, '-days', '1', '-extfile', at('ext')];
  await run('openssl', ['x509', '-req', '-in', at('csr'), ...issuer, '-out', at('pem')]);
  return at('pem');
}

const violation = /(?:permitted|excluded) subtree violation|unsupported name constraint type/;

test('a CA whose key is kept elsewhere cannot leave the allowed names, whatever it signs', async () => {
  const rootId = await createCa(api, rootCaBody('Allowing root'));
  await api.call('PUT', `${cas}/${rootId}/issuance-policy`, {
    allowed_names: { dns: ['*.good.test', 'only.test'], email: ['*@good.test'], ip: ['10.0.0.0/8'] },
    subordinate_authorities: { max_path_length: 0 },
  });
  const key = join(folder, 'elsewhere.key');
  const csr = join(folder, 'elsewhere.csr');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', ['req', '-new', ...curve, '-keyout', key, '-subj', '/CN=Elsewhere', '-out', csr]);
  const body = { issuer_id: rootId, validity: { type: 'DAY', value: 30 }, type: 'INTERMEDIATE_CA' };
  const { certificate_id: subId } = await api.call<{ certificate_id: string }>(
    'POST',
    '/v1/private-certificates/csr',
    { ...body, csr: await readFile(csr, 'utf8') },
  );
  const root = await save('allowing.pem', `${cas}/${rootId}/export`);
  const pem = await save('elsewhere.pem', `${cas}/${subId}/export`);
  const verdict = async (name: string, subject: string, names: string) => {
    const leaf = await signedElsewhere(name, { pem, key }, subject, names);
    return run('openssl', ['verify', '-CAfile', root, '-untrusted', pem, leaf]).then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
  };
  const upn = 'otherName:1.3.6.1.4.1.311.20.2.3;UTF8';
  for (const [index, names] of [
    'DNS:a.good.test',
    'DNS:only.test',
    'email:a@good.test',
    'IP:10.1.2.3',
  ].entries())
    assert.equal(await verdict(`good-${index}`, '/CN=A device', names), 'accepted', names);
  for (const [index, names] of [
    'DNS:bank.test',
    'DNS:good.test',
    'DNS:x.only.test',
    'DNS:a.good.test,DNS:bank.test',
    'email:a@bank.test',
    'email:a@x.good.test',
    'IP:192.0.2.1',
    'IP:2001:db8::1',
    'URI:https://bank.test/',
    `${upn}:admin@corp.test`,
  ].entries())
    assert.match(await verdict(`bad-${index}`, '/CN=A device', names), violation, names);
  assert.match(await verdict('bad-cn', '/CN=bank.test', ''), violation);
  assert.match(await verdict('bad-mail', '/CN=A device/emailAddress=a@bank.test', ''), violation);
});
