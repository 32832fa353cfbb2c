// Needs: openssl 3.0 or later, with SM2, SM3 and SM4, on the PATH.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/api-client.ts';
import { type KmsClient, kmsClient } from '../support/kms-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { attempt, run } from './support/programs.ts';

const message = Buffer.from('what is signed, of whatever length');
const distinguishingId = ['-pkeyopt', 'distid:1234567812345678'];
const oaep = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'].flatMap((option) => [
  '-pkeyopt',
  option,
]);

let server: RunningServer;
let kms: KmsClient;
let close: () => void;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-openssl-kms-'));
  server = await startServer();
  const api = await signIn(server);
  kms = kmsClient(api, server.bootstrap.project_id);
  close = api.close;
});

after(async () => {
  close?.();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(path(name), content);
  return path(name);
};
const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const unbase64 = (text: string | undefined) => Buffer.from(text ?? '', 'base64');

const algorithms = [
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', hash: 'sha256' },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', hash: 'sha384' },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', hash: 'sha512' },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_256', hash: 'sha256' },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_384', hash: 'sha384' },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_512', hash: 'sha512' },
  { spec: 'EC_P256', algorithm: 'ECDSA_SHA_256', hash: 'sha256' },
  { spec: 'EC_P384', algorithm: 'ECDSA_SHA_384', hash: 'sha384' },
  { spec: 'SECP256K1', algorithm: 'ECDSA_SHA_256', hash: 'sha256' },
] as const;

/** Arguments of `openssl dgst` for the algorithm, the salt being as long as the digest. */
const dgst = (algorithm: string, hash: string) => [
  'dgst',
  `-${hash}`,
  ...(algorithm.includes('PSS')
    ? [
        '-sigopt',
        'rsa_padding_mode:pss',
        '-sigopt',
        'rsa_pss_saltlen:digest',
        '-sigopt',
        `rsa_mgf1_md:${hash}`,
      ]
    : []),
];

async function publicKeyFile(keyId: string, name: string): Promise<string> {
  return await write(name, (await kms.call('get-publickey', { key_id: keyId })).public_key ?? '');
}

const requestOf = (type: 'RAW' | 'DIGEST', hash: string) => ({
  message_type: type,
  message: base64(type === 'RAW' ? message : createHash(hash).update(message).digest()),
});

for (const { spec, algorithm, hash } of algorithms)
  test(`${spec} ${algorithm}: OpenSSL verifies what the service signs`, async () => {
    const name = `${spec}-${algorithm}`;
    const keyId = await kms.createKey({ key_alias: name, key_spec: spec });
    const publicKey = await publicKeyFile(keyId, `${name}.pub`);
    await write('message', message);
    await write('other', 'another message');
    for (const type of ['RAW', 'DIGEST'] as const) {
      const body = { key_id: keyId, signing_algorithm: algorithm, ...requestOf(type, hash) };
      await write(`${name}.sig`, unbase64((await kms.call('sign', body)).signature));
      const verify = (file: string) =>
        attempt(
          'openssl',
          [...dgst(algorithm, hash), '-verify', publicKey, '-signature', path(`${name}.sig`), path(file)],
          {},
        );
      assert.match((await verify('message')).stdout, /Verified OK/, type);
      assert.match((await verify('other')).stdout, /Verification failure/i, type);
    }
  });

test('SM2: OpenSSL verifies messages with the standard identifier only, and digests', async () => {
  const keyId = await kms.createKey({ key_alias: 'sm2', key_spec: 'SM2', key_usage: 'SIGN_VERIFY' });
  const publicKey = await publicKeyFile(keyId, 'sm2.pub');
  await write('message', message);
  const sign = async (type: 'RAW' | 'DIGEST') => {
    const body = { key_id: keyId, signing_algorithm: 'SM2DSA_SM3', ...requestOf(type, 'sm3') };
    await write('sm2.sig', unbase64((await kms.call('sign', body)).signature));
  };
  const common = ['pkeyutl', '-verify', '-pubin', '-inkey', publicKey, '-sigfile', path('sm2.sig')];
  const ofMessage = ['-in', path('message'), '-rawin', '-digest', 'sm3'];
  await sign('RAW');
  const good = await attempt('openssl', [...common, ...ofMessage, ...distinguishingId]);
  assert.match(good.stdout, /Verified Successfully/);
  const bad = await attempt('openssl', [...common, ...ofMessage, '-pkeyopt', 'distid:8765432187654321']);
  assert.match(bad.stdout, /Verification Failure/);
  await sign('DIGEST');
  await write('digest', createHash('sm3').update(message).digest());
  const overDigest = await attempt('openssl', [...common, '-in', path('digest')]);
  assert.match(overDigest.stdout, /Verified Successfully/);
});

test('ED25519: OpenSSL verifies', async () => {
  const keyId = await kms.createKey({ key_alias: 'ed25519', key_spec: 'ED25519' });
  const publicKey = await publicKeyFile(keyId, 'ed.pub');
  const body = { key_id: keyId, signing_algorithm: 'ED25519_SHA_512', ...requestOf('RAW', 'sha512') };
  await write('message', message);
  await write('ed.sig', unbase64((await kms.call('sign', body)).signature));
  const files = ['-inkey', publicKey, '-sigfile', path('ed.sig'), '-in', path('message')];
  assert.match(await openssl('pkeyutl', '-verify', '-pubin', '-rawin', ...files), /Verified Successfully/);
});

for (const [operation, spec] of [
  ['create-ec-datakey-pair', 'ECC_NIST_P256'],
  ['create-ec-datakey-pair', 'ECC_NIST_P384'],
  ['create-ec-datakey-pair', 'ECC_NIST_P521'],
  ['create-ec-datakey-pair', 'ECC_SECG_P256K1'],
  ['create-ec-datakey-pair', 'SM2'],
  ['create-rsa-datakey-pair', 'RSA_2048'],
] as const)
  test(`a data key pair ${spec}: OpenSSL opens it, and decrypt-data gives the same private key`, async () => {
    const keyId = await kms.createKey({ key_alias: `pair-${spec}` });
    const pair = await kms.call(operation, { key_id: keyId, key_spec: spec, with_plain_text: true });
    await write('pair.der', unbase64(pair.private_key_plain_text));
    assert.match(await openssl('pkey', '-inform', 'DER', '-in', 'pair.der', '-noout', '-check'), /valid/);
    await openssl(
      'pkey',
      '-inform',
      'DER',
      '-in',
      'pair.der',
      '-pubout',
      '-outform',
      'DER',
      '-out',
      'pair.pub',
    );
    assert.equal(base64(await readFile(path('pair.pub'))), pair.public_key);
    const opened = await kms.call('decrypt-data', { cipher_text: pair.private_key_cipher_text });
    assert.equal(opened.plain_text_base64, pair.private_key_plain_text);
  });

/** A key pair of OpenSSL's as PKCS#8 in `NAME.der`; its parts in `NAME.pem` and `NAME.pub`. */
async function generate(name: string, ...options: string[]): Promise<void> {
  await openssl('genpkey', ...options, '-out', `${name}.pem`);
  await openssl(
    'pkcs8',
    '-topk8',
    '-nocrypt',
    '-in',
    `${name}.pem`,
    '-outform',
    'DER',
    '-out',
    `${name}.der`,
  );
  await openssl('pkey', '-in', `${name}.pem`, '-pubout', '-out', `${name}.pub`);
}

/** Encrypts a file for the service as OpenSSL's command line does it, with the key of an import. */
async function wrap(keyId: string, file: string): Promise<Record<string, string>> {
  const wanted = { key_id: keyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' };
  const parameters = await kms.call('get-parameters-for-import', wanted);
  await write('wrapping.der', unbase64(parameters.public_key));
  const key = ['-pubin', '-keyform', 'DER', '-inkey', 'wrapping.der'];
  await openssl('pkeyutl', '-encrypt', ...key, ...oaep, '-in', file, '-out', 'wrapped');
  return {
    key_id: keyId,
    import_token: parameters.import_token ?? '',
    encrypted_key_material: base64(await readFile(path('wrapped'))),
  };
}

/** Brings `NAME.der` in, wrapped by OpenSSL under a temporary AES key (RFC 5649), which is of 128 bits for SM2. */
async function importPair(name: string, fields: { readonly key_spec: string; readonly key_usage?: string }) {
  const bits = fields.key_spec === 'SM2' ? 128 : 256;
  const keyId = await kms.createKey({ key_alias: `imported-${name}`, origin: 'external', ...fields });
  await openssl('rand', '-out', 'temporary', String(bits / 8));
  const temporary = (await readFile(path('temporary'))).toString('hex');
  const cipher = [`-id-aes${bits}-wrap-pad`, '-e', '-K', temporary, '-iv', 'A65959A6'];
  await openssl('enc', ...cipher, '-in', `${name}.der`, '-out', 'wrapped-key');
  const wrapped = base64(await readFile(path('wrapped-key')));
  await kms.call('import-key-material', {
    ...(await wrap(keyId, 'temporary')),
    encrypted_privatekey: wrapped,
  });
  const exported = await openssl(
    'pkey',
    '-pubin',
    '-in',
    await publicKeyFile(keyId, 'imported.pub'),
    '-pubout',
  );
  assert.equal(
    exported,
    await readFile(path(`${name}.pub`), 'utf8'),
    'the public key is the one of the pair',
  );
  return keyId;
}

test('an RSA key of OpenSSL makes the very signatures that OpenSSL makes', async () => {
  await generate('rsa', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
  const keyId = await importPair('rsa', { key_spec: 'RSA_2048' });
  await write('message', message);
  await openssl('dgst', '-sha256', '-sign', 'rsa.pem', '-out', 'rsa.sig', 'message');
  const theirs = base64(await readFile(path('rsa.sig')));
  for (const type of ['RAW', 'DIGEST'] as const) {
    const signing = { key_id: keyId, signing_algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' };
    const body = { ...signing, ...requestOf(type, 'sha256') };
    // PKCS #1 v1.5 has no randomness.
    assert.equal((await kms.call('sign', body)).signature, theirs);
    assert.equal((await kms.call('verify', { ...body, signature: theirs })).signature_valid, 'true');
  }
  await openssl(...dgst('PSS', 'sha256'), '-sign', 'rsa.pem', '-out', 'pss.sig', 'message');
  const signature = base64(await readFile(path('pss.sig')));
  for (const type of ['RAW', 'DIGEST'] as const) {
    const signing = { key_id: keyId, signing_algorithm: 'RSASSA_PSS_SHA_256', signature };
    const answer = await kms.call('verify', { ...signing, ...requestOf(type, 'sha256') });
    assert.equal(answer.signature_valid, 'true');
  }
});

for (const [spec, curve, hash] of [
  ['EC_P256', 'P-256', 'sha256'],
  ['EC_P384', 'P-384', 'sha384'],
  ['SECP256K1', 'secp256k1', 'sha256'],
] as const)
  test(`an ${spec} key of OpenSSL signs as itself, and the service verifies what OpenSSL signs`, async () => {
    const name = `ec-${spec}`;
    await generate(name, '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`);
    const keyId = await importPair(name, { key_spec: spec });
    const signing = {
      key_id: keyId,
      signing_algorithm: `ECDSA_${hash.toUpperCase().replace('SHA', 'SHA_')}`,
    };
    await write('message', message);
    await openssl('dgst', `-${hash}`, '-sign', `${name}.pem`, '-out', 'theirs.sig', 'message');
    const theirs = base64(await readFile(path('theirs.sig')));
    for (const type of ['RAW', 'DIGEST'] as const) {
      const body = { ...signing, ...requestOf(type, hash) };
      assert.equal((await kms.call('verify', { ...body, signature: theirs })).signature_valid, 'true');
      await write('ours.sig', unbase64((await kms.call('sign', body)).signature));
      const verify = ['-verify', `${name}.pub`, '-signature', 'ours.sig', 'message'];
      assert.match(await openssl('dgst', `-${hash}`, ...verify), /Verified OK/);
    }
  });

test('RSA and SM2: what OpenSSL encrypts the service decrypts, and the other way round', async () => {
  await generate('enc-rsa', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
  await generate('enc-sm2', '-algorithm', 'SM2');
  for (const [name, spec, algorithm, options] of [
    ['enc-rsa', 'RSA_2048', 'RSAES_OAEP_SHA_256', oaep],
    ['enc-sm2', 'SM2', 'SM2_ENCRYPT', []],
  ] as const) {
    const keyId = await importPair(name, { key_spec: spec, key_usage: 'ENCRYPT_DECRYPT' });
    const named = { key_id: keyId, encryption_algorithm: algorithm };
    await write('plain', 'to be kept secret');
    const key = ['-pubin', '-inkey', `${name}.pub`];
    await openssl('pkeyutl', '-encrypt', ...key, ...options, '-in', 'plain', '-out', 'sealed');
    const sealed = base64(await readFile(path('sealed')));
    assert.equal(
      (await kms.call('decrypt-data', { ...named, cipher_text: sealed })).plain_text,
      'to be kept secret',
    );
    const ours = await kms.call('encrypt-data', { ...named, plain_text: 'to be kept secret' });
    await write('ours', unbase64(ours.cipher_text));
    const opened = await openssl('pkeyutl', '-decrypt', '-inkey', `${name}.pem`, ...options, '-in', 'ours');
    assert.equal(opened, 'to be kept secret');
  }
});

test('an AES key of OpenSSL encrypts so that OpenSSL decrypts', async () => {
  await openssl('rand', '-out', 'aes', '32');
  const keyId = await kms.createKey({ key_alias: 'imported-aes', origin: 'external' });
  await kms.call('import-key-material', await wrap(keyId, 'aes'));
  const plainText = 'to be kept secret by AES';
  const { cipher_text: text } = await kms.call('encrypt-data', { key_id: keyId, plain_text: plainText });
  // Header 4, prefix 20, nonce 12, ciphertext, tag 16, then key ID 36, version 4, SHA-256 32.
  const envelope = unbase64(text);
  const [prefix, nonce] = [envelope.subarray(4, 24), envelope.subarray(24, 36)];
  await write('inner', envelope.subarray(36, envelope.length - 88));
  await write('info', Buffer.concat([Buffer.from('openccm kms message key'), prefix, Buffer.of(1)]));
  const material = (await readFile(path('aes'))).toString('hex');
  await openssl(
    'dgst',
    '-sha256',
    '-mac',
    'HMAC',
    '-macopt',
    `hexkey:${material}`,
    '-binary',
    '-out',
    'one-time',
    'info',
  );
  const oneTime = (await readFile(path('one-time'))).toString('hex');
  // GCM encrypts as CTR does from the second counter on (SP 800-38D §7.1).
  const counter = Buffer.concat([nonce, Buffer.of(0, 0, 0, 2)]).toString('hex');
  const padded = await openssl('enc', '-d', '-aes-256-ctr', '-K', oneTime, '-iv', counter, '-in', 'inner');
  assert.equal(padded.slice(0, plainText.length), plainText);
});

test('a shared secret is the one that OpenSSL derives', async () => {
  await generate('peer', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
  const agreement = { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' };
  const keyId = await kms.createKey({ key_alias: 'agreement', ...agreement });
  await openssl('pkey', '-pubin', '-in', 'peer.pub', '-outform', 'DER', '-out', 'peer.spki');
  const derived = await kms.call('derive-shared-secret', {
    key_id: keyId,
    key_agreement_algorithm: 'ECDH',
    public_key: base64(await readFile(path('peer.spki'))),
  });
  const ours = await publicKeyFile(keyId, 'agreement.pub');
  await openssl('pkeyutl', '-derive', '-inkey', 'peer.pem', '-peerkey', ours, '-out', 'shared');
  assert.equal(derived.shared_secret, base64(await readFile(path('shared'))));
});
