// Needs: keytool of Java 17 or later, and openssl, on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { signIn } from '../support/api-client.ts';
import { startServer } from '../support/server.ts';
import { createHierarchy, exportAsZip } from './support/hierarchy.ts';
import { attempt, run } from './support/programs.ts';

test("Java's keytool opens the key stores that are exported", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-keytool-'));
  const server = await startServer();
  const api = await signIn(server);
  t.after(async () => {
    api.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });
  for (const algorithm of ['RSA2048', 'EC256'] as const) {
    const { certificateId, leaf } = await createHierarchy(api, algorithm, folder);
    for (const given of [undefined, 'Given_password1'])
      for (const [type, name] of [
        ['TOMCAT', 'server.jks'],
        ['IIS', 'server.pfx'],
      ] as const)
        await t.test(`${name}, ${algorithm}, password ${given ? 'given' : 'made'}`, async () => {
          const files = await exportAsZip(api, certificateId, { type, ...(given && { password: given }) });
          const password =
            given ??
            Buffer.from(files.get('keystorePass.txt') ?? [])
              .toString()
              .trim();
          const store = join(folder, name);
          await writeFile(store, files.get(name) ?? '');
          const listed = await run('keytool', ['-list', '-v', '-keystore', store, '-storepass', password]);
          assert.match(listed, /Entry type: PrivateKeyEntry/);
          assert.match(listed, /Certificate chain length: 3/);
          assert.match(listed, name === 'server.jks' ? /Keystore type: JKS/ : /Keystore type: PKCS12/);
          const wrong = await attempt('keytool', [
            '-list',
            '-keystore',
            store,
            '-storepass',
            'wrong password',
          ]);
          assert.notEqual(wrong.code, 0);
          // Copying the entry decrypts the private key, which listing does not.
          const copy = join(folder, 'copy.p12');
          await rm(copy, { force: true });
          const from = ['-srckeystore', store, '-srcstorepass', password];
          const to = ['-destkeystore', copy, '-deststoretype', 'PKCS12', '-deststorepass', 'changeit'];
          await run('keytool', ['-importkeystore', '-noprompt', ...from, ...to]);
          const pem = await run('openssl', [
            'pkcs12',
            '-in',
            copy,
            '-passin',
            'pass:changeit',
            '-nocerts',
            '-noenc',
          ]);
          assert.equal(
            await run('openssl', ['pkey', '-pubout'], { input: pem }),
            await run('openssl', ['x509', '-in', leaf, '-noout', '-pubkey']),
          );
        });
  }
});
