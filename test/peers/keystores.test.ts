// Needs: openssl 3, keytool (Java 17), and Python with `cryptography` and `pyjks` (test/peers/install.sh).
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  decryptPkcs8,
  encodeJks,
  encodePem,
  encodePkcs12,
  encryptedPrivateKeyLabel,
  encryptPkcs8,
  parseJks,
  parsePkcs12,
  WrongPasswordError,
} from '../../src/pki/index.ts';
import { attempt, peersPython, run } from './support/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'openccm-keystores-'));
after(() => rmSync(folder, { recursive: true }));
const password = 'pass,.+-_#1';
const pythonReader = fileURLToPath(new URL('python/keystores.py', import.meta.url));

function path(name: string): string {
  return join(folder, name);
}

function bytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(path(name)));
}

function openssl(...args: string[]): Promise<string> {
  return run('openssl', args, { cwd: folder });
}

function keytool(...args: string[]): ReturnType<typeof attempt> {
  return attempt('keytool', ['-J-Duser.language=en', ...args], { cwd: folder });
}

/** A leaf of this key algorithm under a P-256 root, and our keystores of it, all in the folder. */
async function makeFiles(
  keyOptions: readonly string[],
): Promise<{ key: Uint8Array; certificates: Uint8Array[] }> {
  const ecOptions = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await openssl('genpkey', ...ecOptions, '-out', 'root-plain.key');
  await openssl(
    'req',
    '-x509',
    '-key',
    'root-plain.key',
    '-subj',
    '/CN=root',
    '-days',
    '9',
    '-out',
    'root.pem',
  );
  await openssl('genpkey', ...keyOptions, '-out', 'plain.key');
  await openssl('req', '-new', '-key', 'plain.key', '-subj', '/CN=leaf', '-out', 'leaf.csr');
  const issue = ['x509', '-req', '-in', 'leaf.csr', '-CA', 'root.pem', '-CAkey', 'root-plain.key'];
  await openssl(...issue, '-set_serial', '7', '-days', '8', '-out', 'leaf.pem');
  await openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'plain.key', '-outform', 'DER', '-out', 'plain.der');
  for (const name of ['leaf', 'root']) {
    await openssl('x509', '-in', `${name}.pem`, '-outform', 'DER', '-out', `${name}.der`);
  }
  const key = bytes('plain.der');
  const certificates = [bytes('leaf.der'), bytes('root.der')];
  const contents = { privateKeyPkcs8: key, certificatesDer: certificates, password, randomBytes };
  writeFileSync(path('server.pfx'), await encodePkcs12({ ...contents, friendlyName: 'server' }));
  writeFileSync(
    path('server.jks'),
    encodeJks({ ...contents, alias: 'server', createdMs: 1_700_000_000_000 }),
  );
  const encrypted = await encryptPkcs8(key, password, randomBytes);
  writeFileSync(path('server.key'), encodePem(encryptedPrivateKeyLabel, encrypted));
  return { key, certificates };
}

const algorithms = {
  'RSA 2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'EC P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  Ed25519: ['-algorithm', 'ED25519'],
};

for (const [name, keyOptions] of Object.entries(algorithms)) {
  test(`${name}: OpenSSL, keytool and Python read our files, and we read theirs`, async (t) => {
    const { key, certificates } = await makeFiles(keyOptions);
    await t.test('OpenSSL reads the encrypted key', async () => {
      const options = ['-topk8', '-nocrypt', '-in', 'server.key', '-outform', 'DER', '-out', 'again.der'];
      await openssl('pkcs8', ...options, '-passin', `pass:${password}`);
      assert.deepEqual(bytes('again.der'), key);
      const wrong = await attempt('openssl', ['pkcs8', ...options, '-passin', 'pass:wrong'], { cwd: folder });
      assert.notEqual(wrong.code, 0);
    });
    await t.test('OpenSSL reads the PFX', () => opensslReadsPfx());
    await t.test('keytool lists JKS and PFX, with the right password only', () =>
      keytoolLists(certificates.length),
    );
    await t.test('keytool turns the JKS into a PFX that OpenSSL and we read', () => keytoolImports(key));
    await t.test('Python reads all three', () => pythonReads(key, certificates));
    await t.test('we read what OpenSSL writes', () => readOpensslFiles(key, certificates));
    await t.test('we read what keytool writes', () => readKeytoolFiles(key, certificates));
  });
}

async function opensslReadsPfx(): Promise<void> {
  const common = ['pkcs12', '-in', 'server.pfx', '-passin', `pass:${password}`];
  await openssl(...common, '-clcerts', '-nokeys', '-out', 'found-leaf.pem');
  await openssl(...common, '-cacerts', '-nokeys', '-out', 'found-root.pem');
  await openssl(...common, '-nocerts', '-nodes', '-out', 'found.key');
  await openssl('verify', '-CAfile', 'found-root.pem', 'found-leaf.pem');
  const publicKey = await openssl('pkey', '-in', 'found.key', '-pubout');
  assert.equal(publicKey, await openssl('x509', '-in', 'found-leaf.pem', '-noout', '-pubkey'));
  const { stderr } = await attempt('openssl', [...common, '-info', '-noout'], { cwd: folder });
  assert.match(stderr, /MAC: sha256/);
  assert.match(stderr, /Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration \d+, PRF hmacWithSHA256/);
  const wrong = await attempt('openssl', ['pkcs12', '-in', 'server.pfx', '-passin', 'pass:wrong'], {
    cwd: folder,
  });
  assert.notEqual(wrong.code, 0);
}

async function keytoolLists(chainLength: number): Promise<void> {
  for (const file of ['server.jks', 'server.pfx']) {
    const listed = await keytool('-list', '-v', '-keystore', file, '-storepass', password);
    assert.equal(listed.code, 0, listed.stdout);
    assert.match(listed.stdout, /Alias name: server\n/);
    assert.match(listed.stdout, /Entry type: PrivateKeyEntry/);
    assert.match(listed.stdout, new RegExp(`Certificate chain length: ${chainLength}\n`));
    assert.match(listed.stdout, /Owner: CN=leaf\nIssuer: CN=root\nSerial number: 7\n/);
    const wrong = await keytool('-list', '-keystore', file, '-storepass', 'wrong-password');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stdout, /password was incorrect/);
  }
  const dated = await keytool(
    '-list',
    '-v',
    '-keystore',
    'server.jks',
    '-storetype',
    'JKS',
    '-storepass',
    password,
  );
  assert.match(dated.stdout, /Keystore type: JKS/);
  assert.match(dated.stdout, /Creation date: Nov 1[45], 2023/);
}

async function convert(from: string, to: string, type: string): Promise<void> {
  rmSync(path(to), { force: true });
  const source = ['-srckeystore', from, '-srcstorepass', password];
  const target = ['-destkeystore', to, '-deststoretype', type, '-deststorepass', password];
  const imported = await keytool('-importkeystore', ...source, ...target);
  assert.equal(imported.code, 0, imported.stdout + imported.stderr);
}

async function keytoolImports(key: Uint8Array): Promise<void> {
  await convert('server.jks', 'converted.p12', 'PKCS12');
  await openssl('pkcs12', '-in', 'converted.p12', '-passin', `pass:${password}`, '-noout');
  const { keys } = await parsePkcs12(bytes('converted.p12'), password);
  assert.deepEqual(keys[0]?.privateKeyPkcs8, key);
}

async function pythonReads(key: Uint8Array, certificates: readonly Uint8Array[]): Promise<void> {
  const found = JSON.parse(await run(peersPython(), [pythonReader, folder, password]));
  const hex = (each: Uint8Array): string => Buffer.from(each).toString('hex');
  const entry = { key: hex(key), name: 'server', certificates: certificates.map(hex) };
  assert.deepEqual(found, { pfx: entry, key: hex(key), jks: entry });
}

async function readOpensslFiles(key: Uint8Array, certificates: readonly Uint8Array[]): Promise<void> {
  const keyForms = [
    ['-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA1'],
    ['-v2', 'aes-192-cbc', '-v2prf', 'hmacWithSHA384'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512', '-iter', '20000'],
    ['-v2', 'aes-256-cbc'],
    ['-scrypt'],
  ];
  const keyOptions = ['pkcs8', '-topk8', '-in', 'plain.key', '-outform', 'DER', '-out', 'theirs.der'];
  for (const form of keyForms) {
    await openssl(...keyOptions, '-passout', `pass:${password}`, ...form);
    assert.deepEqual(await decryptPkcs8(bytes('theirs.der'), password), key, form.join(' '));
    await assert.rejects(decryptPkcs8(bytes('theirs.der'), 'wrong'), WrongPasswordError);
  }
  const pfxForms = [
    [],
    ['-macalg', 'sha512', '-iter', '10000'],
    ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    ['-certpbe', 'NONE', '-keypbe', 'NONE'],
  ];
  const export12 = ['pkcs12', '-export', '-inkey', 'plain.key', '-in', 'leaf.pem', '-certfile', 'root.pem'];
  for (const form of pfxForms) {
    for (const secret of [password, '']) {
      await openssl(
        ...export12,
        '-name',
        'theirs',
        '-out',
        'theirs.p12',
        '-passout',
        `pass:${secret}`,
        ...form,
      );
      const found = await parsePkcs12(bytes('theirs.p12'), secret);
      assert.deepEqual(found.keys[0]?.privateKeyPkcs8, key, form.join(' '));
      assert.equal(found.keys[0]?.friendlyName, 'theirs');
      assert.deepEqual(
        found.certificates.map((each) => each.certificateDer),
        certificates,
      );
      await assert.rejects(parsePkcs12(bytes('theirs.p12'), 'wrong'), WrongPasswordError);
    }
  }
}

async function readKeytoolFiles(key: Uint8Array, certificates: readonly Uint8Array[]): Promise<void> {
  await convert('server.pfx', 'theirs.jks', 'JKS');
  const [entry, ...others] = parseJks(bytes('theirs.jks'), password);
  assert.equal(others.length, 0);
  assert(entry?.kind === 'privateKey');
  assert.equal(entry.alias, 'server');
  assert.deepEqual(entry.privateKeyPkcs8, key);
  assert.deepEqual(entry.certificatesDer, certificates);
  assert.throws(() => parseJks(bytes('theirs.jks'), 'wrong'), WrongPasswordError);
  const root = ['-importcert', '-noprompt', '-alias', 'authority', '-file', 'root.pem'];
  await keytool(...root, '-keystore', 'theirs.jks', '-storepass', password);
  const trusted = parseJks(bytes('theirs.jks'), password).find((each) => each.kind === 'trustedCertificate');
  assert(trusted?.kind === 'trustedCertificate');
  assert.deepEqual(trusted.certificateDer, certificates[1]);
}
