// Needs: SoftHSM 2.6 (library and softhsm2-util).
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { createCa, issueByCsr, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { run } from './support/programs.ts';
import { createSoftHsm, type SoftHsm, variablesOf } from './support/softhsm.ts';

let hsm: SoftHsm;
let env: Record<string, string>;
let server: RunningServer;
let api: ApiClient;
let keystoreId: string;
const path = (rest: string) => `/v1.0/${server.bootstrap.project_id}/${rest}`;

before(async () => {
  hsm = await createSoftHsm();
  env = { ...variablesOf(hsm), OPENCCM_MASTER_KEY_HSM: '1' };
  server = await startServer({ env });
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
  await hsm?.remove();
});

async function restart(): Promise<void> {
  const { dataDir } = server;
  await server.kill();
  api.close();
  server = await startServer({ dataDir, env });
  api = await signIn(server);
}

const post = <Result>(operation: string, body: object) =>
  api.call<Result>('POST', path(`kms/${operation}`), body);

const createKey = async (fields: object) =>
  (
    await post<{ key_info: { key_id: string } }>('create-key', {
      key_alias: `key-${Object.values(fields).join('-')}`,
      keystore_id: keystoreId,
      ...fields,
    })
  ).key_info.key_id;

describe('a master key that an HSM seals', () => {
  test('opens at the next start, after a crash too', async () => {
    assert.match(await readFile(join(server.dataDir, 'master.key'), 'utf8'), /^openccm-hsm-1:cluster-1:/);
    const caId = await createCa(api, rootCaBody('sealed'));
    await restart();
    await issueByCsr(api, caId);
  });

  test('is changed by the command, and the file with it', async () => {
    const file = join(server.dataDir, 'master.key');
    const before = await readFile(file, 'utf8');
    const caId = await createCa(api, rootCaBody('changed'));
    const variables = { ...env, OPENCCM_DATA_DIR: server.dataDir, OPENCCM_LOG_LEVEL: 'silent' };
    const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
    const words = ['src/command.ts', 'master-key', 'rotate'];
    const said = await run(process.execPath, words, { env: variables, cwd: projectFolder });
    assert.match(said, /was exchanged for/);
    const renewed = await readFile(file, 'utf8');
    assert.match(renewed, /^openccm-hsm-1:cluster-1:/);
    assert.notEqual(renewed, before);
    await issueByCsr(api, caId);
    await restart();
    await issueByCsr(api, caId);
  });

  test('the server does not start without the HSM, and says why', async () => {
    const tokens = join(hsm.folder, 'tokens');
    const { dataDir } = server;
    await server.kill();
    api.close();
    await rename(tokens, `${tokens}.away`);
    await assert.rejects(startServer({ dataDir, env }), /HSM cluster cluster-1 is not available/);
    await rename(`${tokens}.away`, tokens);
    server = await startServer({ dataDir, env });
    api = await signIn(server);
  });
});

describe('a keystore in an HSM', () => {
  before(async () => {
    const body = { keystore_alias: 'dedicated', keystore_type: 'DHSM', hsm_cluster_id: 'cluster-1' };
    const created = await api.call<{ keystore: { keystore_id: string } }>('POST', path('keystores'), body);
    keystoreId = created.keystore.keystore_id;
    await api.call('POST', path(`keystores/${keystoreId}/enable`));
  });

  for (const [spec, algorithm] of [
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
    ['RSA_2048', 'RSASSA_PSS_SHA_512'],
    ['RSA_3072', 'RSASSA_PSS_SHA_256'],
    ['EC_P256', 'ECDSA_SHA_256'],
    ['EC_P384', 'ECDSA_SHA_384'],
    ['SECP256K1', 'ECDSA_SHA_256'],
  ] as const) {
    test(`a ${spec} key signs with ${algorithm}, messages and digests`, async () => {
      const keyId = await createKey({ key_spec: spec, key_usage: 'SIGN_VERIFY', key_description: algorithm });
      const hash = `sha${algorithm.slice(-3)}`;
      const text = Buffer.from('what is signed');
      const body = { key_id: keyId, signing_algorithm: algorithm };
      const { public_key: pem } = await post<{ public_key: string }>('get-publickey', { key_id: keyId });
      const key = createPublicKey(pem);
      for (const [type, message] of [
        ['RAW', text],
        ['DIGEST', createHash(hash).update(text).digest()],
      ] as const) {
        const signing = { ...body, message_type: type, message: message.toString('base64') };
        const { signature } = await post<{ signature: string }>('sign', signing);
        const options = algorithm.includes('PSS')
          ? { key, padding: 6, saltLength: Number(algorithm.slice(-3)) / 8 }
          : { key };
        assert.ok(verify(hash, text, options, Buffer.from(signature, 'base64')), type);
        const answer = await post<{ signature_valid: string }>('verify', { ...signing, signature });
        assert.equal(answer.signature_valid, 'true');
      }
    });
  }

  test('an AES_256 key encrypts, and decrypts after a restart', async () => {
    const keyId = await createKey({ key_spec: 'AES_256' });
    const data = { key_id: keyId, plain_text: 'text', additional_authenticated_data: 'place' };
    const { cipher_text: cipherText } = await post<{ cipher_text: string }>('encrypt-data', data);
    await restart();
    const body = { cipher_text: cipherText, additional_authenticated_data: 'place' };
    assert.equal((await post<{ plain_text: string }>('decrypt-data', body)).plain_text, 'text');
    const wrong = await api.send('POST', path('kms/decrypt-data'), { cipher_text: cipherText });
    assert.equal((wrong.json as { error: { error_code: string } }).error.error_code, 'KMS.2201');
  });
});
