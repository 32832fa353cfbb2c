// Needs: openssl 3.0 or later on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  createHierarchy,
  exportAsJson,
  exportAsZip,
  type Hierarchy,
  type KeyAlgorithm,
  serverName,
} from './support/hierarchy.ts';
import { attempt, run } from './support/programs.ts';

let server: RunningServer;
let api: ApiClient;
let folder: string;
const password = 'Pass,.+-_#1';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-openssl-'));
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const publicKeyOf = async (certificate: string) =>
  run('openssl', ['x509', '-in', certificate, '-noout', '-pubkey']);
const verify = (hierarchy: Hierarchy, options: string[]) => [
  'verify',
  '-x509_strict',
  ...options,
  '-CAfile',
  hierarchy.root,
  '-untrusted',
  hierarchy.sub,
  hierarchy.leaf,
];
const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};

for (const algorithm of ['RSA2048', 'RSA4096', 'EC256', 'EC384'] as const satisfies KeyAlgorithm[]) {
  describe(`what is issued and exported with ${algorithm} keys`, () => {
    let hierarchy: Hierarchy;
    before(async () => {
      hierarchy = await createHierarchy(api, algorithm, folder);
    });

    test('the chain verifies strictly, for the purpose and the host it was issued for', async () => {
      await run('openssl', verify(hierarchy, ['-purpose', 'sslserver', '-verify_hostname', serverName]));
      await run('openssl', verify(hierarchy, ['-verify_ip', '127.0.0.1']));
      const client = await attempt('openssl', verify(hierarchy, ['-purpose', 'sslclient']));
      assert.notEqual(client.code, 0, 'it is no client certificate');
    });

    test('the private key belongs to the certificate', async () => {
      const publicKey = await run('openssl', ['pkey', '-in', hierarchy.key, '-pubout', '-check']);
      assert.match(publicKey, /Key is valid/);
      assert.ok(publicKey.includes((await publicKeyOf(hierarchy.leaf)).trim()));
    });

    test('a password encrypts the private key, and opens it', async () => {
      const exported = await exportAsJson(api, hierarchy.certificateId, { password });
      const open = (secret: string) => ['pkey', '-passin', `pass:${secret}`, '-pubout'];
      const input = { input: exported.private_key };
      assert.equal(await run('openssl', open(password), input), await publicKeyOf(hierarchy.leaf));
      assert.notEqual((await attempt('openssl', open('wrong'), input)).code, 0);
    });

    test('the PFX holds the key, the certificate and its issuers', async () => {
      for (const given of [undefined, password]) {
        const files = await exportAsZip(api, hierarchy.certificateId, {
          type: 'IIS',
          ...(given && { password: given }),
        });
        assert.equal(files.has('keystorePass.txt'), given === undefined);
        const secret =
          given ??
          Buffer.from(files.get('keystorePass.txt') ?? [])
            .toString()
            .trim();
        const pfx = await write(`${algorithm}.pfx`, files.get('server.pfx') ?? Buffer.alloc(0));
        const text = await run('openssl', ['pkcs12', '-in', pfx, '-passin', `pass:${secret}`, '-noenc']);
        assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 3);
        const key = await run('openssl', ['pkey', '-pubout'], { input: text });
        assert.equal(key, await publicKeyOf(hierarchy.leaf));
      }
    });

    test('the CSR of a CA that waits is signed by its key', async () => {
      const { ca_id: caId } = await api.call<{ ca_id: string }>(
        'POST',
        '/v1/private-certificate-authorities',
        {
          type: 'SUBORDINATE',
          key_algorithm: algorithm,
          distinguished_name: {
            common_name: `Waiting ${algorithm}`,
            country: 'CN',
            state: 'Beijing',
            locality: 'Beijing',
            organization: 'OpenCCM',
            organizational_unit: 'Peers',
          },
        },
      );
      const { csr } = await api.call<{ csr: string }>(
        'GET',
        `/v1/private-certificate-authorities/${caId}/csr`,
      );
      const shown = await attempt('openssl', ['req', '-verify', '-noout', '-subject'], { input: csr });
      assert.equal(shown.code, 0, shown.stderr);
      assert.match(shown.stdout + shown.stderr, /verify OK/);
      assert.match(shown.stdout, new RegExp(`CN = Waiting ${algorithm}`));
    });
  });
}
