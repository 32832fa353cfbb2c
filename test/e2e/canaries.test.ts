import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, clientWith, passwordSignIn, signIn } from '../support/api-client.ts';
import { errorCode, type KmsClient, kmsClient } from '../support/kms-client.ts';
import { filesOf, type Secret, secretsIn } from '../support/search-secrets.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const marker = 'alias-that-is-no-secret';
/** Files that hold secrets because they are made for it. */
const secretFiles = ['bootstrap.json', 'master.key'];

const secrets: Secret[] = [];
const plant = (name: string, bytes: Buffer | string): void => {
  assert.ok(bytes.length >= 16, `${name} is too short to be searched for`);
  secrets.push({ name, bytes: Buffer.from(bytes) });
};
/** What the program printed, and every refusal that it answered. */
const printed: Buffer[] = [];
const refusals: string[] = [];

let dataDir: string;
let server: RunningServer;
let api: ApiClient;
let kms: KmsClient;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'openccm-canaries-'));
  // The first start prints the first user's credentials, once: what is searched is what follows.
  await (await startServer({ dataDir })).stop();
  server = await startServer({
    dataDir,
    env: { OPENCCM_LOG_LEVEL: 'debug', OPENCCM_HTTP_API: '1' },
    onOutput: (chunk) => printed.push(chunk),
  });
  api = await signIn(server);
  kms = kmsClient(api, server.bootstrap.project_id);
  plant('the password of the first user', server.bootstrap.password);
  plant('the secret key of the first user', server.bootstrap.secret_key);
  plant('a token', api.token ?? '');
  const masterKey = (await readFile(join(dataDir, 'master.key'), 'utf8')).trim();
  plant('the master key', Buffer.from(masterKey, 'base64'));
});

after(async () => {
  api?.close();
  await server?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

/** The request must be refused, and its refusal is searched too. */
async function refused(operation: string, body: unknown): Promise<void> {
  const answer = await kms.send(operation, body);
  assert.notEqual(errorCode(answer), '', `${operation} was not refused: ${answer.text}`);
  refusals.push(answer.text);
}

const decoded = (text: string | undefined) => Buffer.from(text ?? '', 'base64');

function plantPrivateNumbers(name: string, jwk: object): void {
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    const number = (jwk as Record<string, unknown>)[member];
    if (typeof number === 'string') plant(`${member} of ${name}`, Buffer.from(number, 'base64url'));
  }
}

test('imported keys are used, and refused', async () => {
  const material = randomBytes(32);
  plant('imported AES key', material);
  const keyId = await kms.createKey({ key_alias: marker, origin: 'external' });
  const body = await kms.importBody(keyId, material);
  await refused('import-key-material', { ...body, import_token: 'A'.repeat(200) });
  await refused('import-key-material', { ...body, encrypted_key_material: material.toString('base64') });
  await kms.call('import-key-material', body);
  await refused('import-key-material', await kms.importBody(keyId, material).catch(() => body));
  const sealed = await kms.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
  await kms.call('decrypt-data', { cipher_text: sealed.cipher_text });
  await kms.call('delete-imported-key-material', { key_id: keyId });
  const other = randomBytes(32);
  plant('other AES key', other);
  await refused('import-key-material', await kms.importBody(keyId, other));
  for (const [spec, pair] of [
    ['RSA_2048', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['EC_P256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ] as const) {
    const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    plantPrivateNumbers(`imported ${spec} key`, pair.privateKey.export({ format: 'jwk' }));
    const id = await kms.createKey({ key_alias: `canary-${spec}`, key_spec: spec, origin: 'external' });
    const temporaryKey = randomBytes(32);
    plant(`temporary key of ${spec}`, temporaryKey);
    const imported = await kms.importPairBody(id, pkcs8, temporaryKey);
    await refused('import-key-material', { ...imported, encrypted_privatekey: pkcs8.toString('base64') });
    await refused('import-key-material', JSON.stringify(imported).slice(0, -20) + pkcs8.toString('base64'));
    await kms.call('import-key-material', imported);
    const signing = spec === 'EC_P256' ? 'ECDSA_SHA_256' : 'RSASSA_PSS_SHA_256';
    const message = randomBytes(32).toString('base64');
    await kms.call('sign', { key_id: id, signing_algorithm: signing, message });
    await refused('sign', { key_id: id, signing_algorithm: signing, message: pkcs8.toString('base64') });
  }
});

test('data is encrypted, data keys are made, and both are refused', async () => {
  const keyId = await kms.createKey({ key_alias: 'canary-data' });
  const text = `canary-plaintext-${randomBytes(16).toString('hex')}`;
  const bound = `canary-bound-${randomBytes(16).toString('hex')}`;
  plant('plaintext', text);
  plant('bound data', bound);
  const named = { key_id: keyId, plain_text: text };
  const sealed = await kms.call('encrypt-data', { ...named, additional_authenticated_data: bound });
  await refused('decrypt-data', { cipher_text: sealed.cipher_text });
  await kms.call('decrypt-data', {
    cipher_text: sealed.cipher_text,
    additional_authenticated_data: bound,
  });
  await refused('encrypt-data', { ...named, plain_text: text.repeat(200) });
  await refused('encrypt-data', { ...named, plain_text: [text] });
  await refused('encrypt-data', { ...named, key_id: text });
  await refused('encrypt-data', { ...named, additional_authenticated_data: bound.repeat(9) });
  await refused('encrypt-data', { ...named, encryption_context: { [bound]: [text] } });
  await refused('encrypt-data', `{"key_id":"${keyId}","plain_text":"${text}`);
  await refused('decrypt-data', { cipher_text: text.repeat(8) });
  const made = await kms.call('create-datakey', { key_id: keyId });
  plant('data key', Buffer.from(made.plain_text ?? '', 'hex'));
  const own = randomBytes(32);
  plant("caller's data key", own);
  const digest = createHash('sha256').update(own).digest();
  const sealing = { key_id: keyId, datakey_plain_length: '32' };
  const plainText = Buffer.concat([own, digest]).toString('hex');
  await kms.call('encrypt-datakey', { ...sealing, plain_text: plainText });
  await refused('encrypt-datakey', { ...sealing, plain_text: plainText.replace(/.$/, 'x') });
  await refused('encrypt-datakey', { ...sealing, plain_text: plainText.slice(0, 64) });
  const opening = { key_id: keyId, cipher_text: made.cipher_text };
  await kms.call('decrypt-datakey', { ...opening, datakey_cipher_length: '32' });
  await refused('decrypt-datakey', { ...opening, datakey_cipher_length: '31' });
  const pair = await kms.call('create-ec-datakey-pair', { key_id: keyId, key_spec: 'ECC_NIST_P256' });
  // PKCS#8 of P-256 has the 32 bytes of the private key from the 36th on.
  plant('private key of a pair', decoded(pair.private_key_plain_text).subarray(36, 68));
  const random = await kms.call('gen-random', { random_data_length: '256' });
  plant('random data', Buffer.from(random.random_data ?? '', 'hex'));
});

test('a shared secret is derived, a capsule made, an access point gives its key', async () => {
  const agreement = { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' };
  const agreeing = await kms.createKey({ key_alias: 'canary-ecdh', ...agreement });
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const derived = await kms.call('derive-shared-secret', {
    key_id: agreeing,
    key_agreement_algorithm: 'ECDH',
    public_key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  });
  plant('shared secret', decoded(derived.shared_secret));
  const keyId = await kms.createKey({ key_alias: 'canary-capsule' });
  const policy = { datakey_length: '256', key_policy: '{"version":"1.0"}' };
  const capsule = await kms.call('datakey-capsule/create', { key_id: keyId, ...policy });
  plant('data key of a capsule', decoded(capsule.datakey));
  const keyspaceId = 'a8fa42d8-4a41-4d35-b174-1e1ca3d1f9e0';
  const point = { keyspace_id: keyspaceId, access_point_name: 'canary', type: 3 };
  const { access_point_id: id } = await kms.call('access-points', point);
  const { private_key: key } = await kms.call(`access-points/${id}/get-privatekey`);
  plant('private key of an access point', decoded(key).subarray(36, 68));
});

test('users sign in with passwords and keys, and fail to', async () => {
  const password = `Canary-1-${randomBytes(12).toString('hex')}`;
  const wrong = `Wrong-2-${randomBytes(12).toString('hex')}`;
  plant('password', password);
  plant('mistyped password', wrong);
  const { user } = await api.call<{ user: { id: string } }>('POST', '/v3/users', {
    user: { name: 'canary', password },
  });
  const { bootstrap } = server;
  const who = {
    accountName: bootstrap.account_name,
    userName: 'canary',
    projectName: bootstrap.project_name,
  };
  const stranger = await clientWith(server, undefined);
  const entered = await stranger.send('POST', '/v3/auth/tokens', passwordSignIn({ ...who, password }));
  plant('token of the user', String(entered.headers['x-subject-token']));
  const attempts = [
    passwordSignIn({ ...who, password: wrong }),
    JSON.stringify(passwordSignIn({ ...who, password })).slice(0, -1),
    { ...passwordSignIn({ ...who, password }), more: [wrong] },
    passwordSignIn({ ...who, userName: wrong, password }),
  ];
  for (const attempt of attempts) {
    const answer = await stranger.send('POST', '/v3/auth/tokens', attempt);
    if (answer.status !== 201) refusals.push(answer.text);
  }
  stranger.close();
  const { credential } = await api.call<{ credential: { secret: string } }>(
    'POST',
    '/v3.0/OS-CREDENTIAL/credentials',
    { credential: { user_id: user.id } },
  );
  plant('secret key of the user', credential.secret);
  const forged = await clientWith(server, wrong.repeat(2));
  const answer = await forged.send('POST', `/v1.0/${kms.projectId}/kms/list-keys`);
  forged.close();
  refusals.push(answer.text);
  assert.ok(refusals.length > 20);
});

test('no refusal, no line that was printed and no file holds any of it', async () => {
  const search = async (when: string) => {
    const files = await filesOf(dataDir, secretFiles);
    assert.ok([...files.keys()].some((file) => file.endsWith('openccm.db')));
    for (const [file, content] of files)
      assert.deepEqual(secretsIn(content, secrets), [], `${file}, ${when}`);
    return Buffer.concat([...files.values()]);
  };
  const found = await search('while it runs');
  assert.ok(found.includes(marker), 'what is no secret is found');
  await server.stop();
  await search('after it ended');
  assert.deepEqual(secretsIn(Buffer.from(refusals.join('\n')), secrets), []);
  const output = Buffer.concat(printed);
  assert.ok(output.length > 0, 'the program printed something');
  assert.deepEqual(secretsIn(output, secrets), []);
  assert.ok(secrets.length > 25, `${secrets.length} secrets`);
});

test('the search finds a secret in each form', () => {
  const bytes = randomBytes(32);
  const secret = { name: 's', bytes };
  const forms = [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('hex').toUpperCase()];
  for (const before of ['', 'a', 'ab', 'abc'])
    forms.push(Buffer.concat([Buffer.from(before), bytes, Buffer.from('end')]).toString('base64'));
  forms.push(bytes.toString('base64url'));
  for (const form of forms)
    assert.deepEqual(secretsIn(Buffer.from(`xx${form}yy`, 'latin1'), [secret]), ['s'], form);
});
