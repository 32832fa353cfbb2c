// Needs: openssl-3.5 and pkilint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { freePort } from '../support/free-port.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  createHierarchy,
  exportAsJson,
  exportAsZip,
  exportCa,
  organization,
  serverName,
} from './support/hierarchy.ts';
import { attempt, run, serve } from './support/programs.ts';

const openssl = 'openssl-3.5';
const password = 'Aa0,.+-_#';
let server: RunningServer;
let api: ApiClient;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openssl-ml-dsa-'));
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !isSo(); await delay(20))
    assert.ok(performance.now() < deadline, 'openssl s_server does not listen');
}

for (const algorithm of ['MLDSA44', 'MLDSA65', 'MLDSA87'] as const) {
  const name = algorithm.replace('MLDSA', 'ML-DSA-');

  test(`${name}: openssl opens every form of the exported key, and serves TLS with it`, async () => {
    const { certificateId, key, leaf, root, served } = await createHierarchy(api, algorithm, folder);
    const text = await run(openssl, ['x509', '-in', leaf, '-noout', '-text']);
    assert.equal(text.match(new RegExp(`Signature Algorithm: ${name}`, 'g'))?.length, 2);
    assert.match(text, new RegExp(`Public Key Algorithm: ${name}`));
    const expected = await run(openssl, ['x509', '-in', leaf, '-noout', '-pubkey']);
    const publicKeyIn = (file: string) =>
      run(openssl, ['pkey', '-in', file, '-passin', `pass:${password}`, '-pubout']);
    assert.equal(await publicKeyIn(key), expected);
    const { private_key: sealed } = await exportAsJson(api, certificateId, { password });
    assert.equal(await publicKeyIn(await write(`${algorithm}-sealed.pem`, sealed)), expected);
    const files = await exportAsZip(api, certificateId, { type: 'IIS', password });
    const pfx = await write(`${algorithm}.pfx`, files.get('server.pfx')!);
    const opened = await run(openssl, ['pkcs12', '-in', pfx, '-passin', `pass:${password}`, '-nodes']);
    assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 3);
    assert.equal(await publicKeyIn(await write(`${algorithm}-pfx.pem`, opened)), expected);

    const address = `127.0.0.1:${await freePort()}`;
    const own = ['-cert', served, '-cert_chain', served, '-key', key];
    const service = serve(openssl, ['s_server', '-www', '-tls1_3', '-accept', address, ...own]);
    try {
      await until(() => /ACCEPT/.test(service.said()));
      const judged = ['-CAfile', root, '-verify_return_error', '-verify_hostname', serverName];
      const said = await run(openssl, ['s_client', '-connect', address, ...judged]);
      assert.match(said, /Verify return code: 0 \(ok\)/);
      assert.match(said, new RegExp(`Peer signature type: ${algorithm}`, 'i'));
    } finally {
      await service.stop();
    }
  });

  test(`${name}: a CSR that openssl made becomes a certificate that openssl accepts`, async () => {
    const rootId = (
      await api.call<{ ca_id: string }>('POST', '/v1/private-certificate-authorities', {
        type: 'ROOT',
        key_algorithm: algorithm,
        signature_algorithm: algorithm,
        validity: { type: 'YEAR', value: 10 },
        distinguished_name: { ...organization, common_name: `Root of a CSR ${algorithm}` },
      })
    ).ca_id;
    const csrFile = join(folder, `${algorithm}.csr`);
    const key = join(folder, `${algorithm}-own.key`);
    const request = ['req', '-new', '-newkey', name, '-noenc', '-keyout', key, '-out', csrFile];
    await run(openssl, [
      ...request,
      '-subj',
      '/CN=device.example.test',
      '-addext',
      'subjectAltName=DNS:device.example.test',
    ]);
    const { certificate_id: id } = await api.call<{ certificate_id: string }>(
      'POST',
      '/v1/private-certificates/csr',
      {
        issuer_id: rootId,
        csr: await readFile(csrFile, 'utf8'),
        validity: { type: 'DAY', value: 30 },
      },
    );
    const { certificate } = await exportAsJson(api, id);
    const leaf = await write(`${algorithm}-own.pem`, certificate);
    const root = await write(`${algorithm}-own-root.pem`, await exportCa(api, rootId));
    assert.match(await run(openssl, ['verify', '-x509_strict', '-CAfile', root, leaf]), /: OK/);
    assert.equal(
      await run(openssl, ['x509', '-in', leaf, '-noout', '-pubkey']),
      await run(openssl, ['pkey', '-in', key, '-pubout']),
    );
    for (const file of [root, leaf]) {
      const { stdout } = await attempt('lint_pkix_cert', ['lint', '-s', 'WARNING', '-f', 'JSON', file]);
      assert.deepEqual(JSON.parse(stdout).results, [], file);
    }
  });
}
