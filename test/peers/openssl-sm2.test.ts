// Needs: openssl 3.0 or later, with SM2, SM3 and SM4, on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  createHierarchy,
  type ExportedCertificate,
  exportAsJson,
  type Hierarchy,
} from './support/hierarchy.ts';
import { attempt, run } from './support/programs.ts';

// GB/T 32918.2: the distinguishing identifier of who has no other.
const distinguishingId = '1234567812345678';

let server: RunningServer;
let api: ApiClient;
let folder: string;
let hierarchy: Hierarchy;
let standard: ExportedCertificate;
let plain: ExportedCertificate;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-sm2-'));
  server = await startServer();
  api = await signIn(server);
  hierarchy = await createHierarchy(api, 'SM2', folder);
  standard = await exportAsJson(api, hierarchy.certificateId, { is_sm_standard: true });
  plain = await exportAsJson(api, hierarchy.certificateId, { is_sm_standard: false });
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

/** Verifies one link: `openssl verify` gives the identifier to the last certificate of a chain only. */
const verify = (issuer: string, subject: string, identifier: string) =>
  attempt('openssl', [
    'verify',
    '-x509_strict',
    '-partial_chain',
    '-vfyopt',
    `distid:${identifier}`,
    '-CAfile',
    issuer,
    subject,
  ]);

test('each link of the chain verifies with the standard identifier, and only with it', async () => {
  const { root, sub, leaf } = hierarchy;
  const encryption = await write('enc.pem', plain.enc_certificate ?? '');
  const links = [
    [root, sub],
    [sub, leaf],
    [sub, encryption],
  ] as const;
  for (const [issuer, subject] of links) {
    const verified = await verify(issuer, subject, distinguishingId);
    assert.equal(verified.code, 0, `${subject}: ${verified.stderr}`);
    assert.notEqual((await verify(issuer, subject, 'another')).code, 0, subject);
  }
});

test('each private key belongs to its certificate', async () => {
  for (const [key, certificate] of [
    [plain.private_key, plain.certificate],
    [plain.enc_private_key, plain.enc_certificate],
  ])
    assert.equal(
      await run('openssl', ['pkey', '-pubout'], { input: key ?? '' }),
      await run('openssl', ['x509', '-noout', '-pubkey'], { input: certificate ?? '' }),
    );
});

/** One line of `openssl asn1parse` for each element. */
interface Element {
  readonly offset: number;
  readonly depth: number;
  readonly headerLength: number;
  readonly length: number;
  readonly text: string;
}

async function elements(der: Uint8Array): Promise<Element[]> {
  const text = await run('openssl', ['asn1parse', '-inform', 'DER'], { input: der });
  return [...text.matchAll(/^ *(\d+):d=(\d+) +hl=(\d+) l= *(\d+) (?:prim|cons): (.*)$/gm)].map((match) => ({
    offset: Number(match[1]),
    depth: Number(match[2]),
    headerLength: Number(match[3]),
    length: Number(match[4]),
    text: (match[5] ?? '').trim(),
  }));
}

const contentOf = (der: Uint8Array, element: Element | undefined) => {
  assert.ok(element);
  const start = element.offset + element.headerLength;
  return der.subarray(start, start + element.length);
};

test('the root CA signed itself, with the standard identifier', async () => {
  const pem = await readFile(hierarchy.root, 'utf8');
  const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
  const parts = (await elements(der)).filter((element) => element.depth === 1);
  const [body] = parts;
  assert.ok(body);
  const signed = await write('tbs', der.subarray(body.offset, body.offset + body.headerLength + body.length));
  const signature = await write('signature', contentOf(der, parts.at(-1)).subarray(1));
  const key = await write(
    'root.pub',
    await run('openssl', ['x509', '-in', hierarchy.root, '-noout', '-pubkey']),
  );
  const check = (identifier: string) =>
    attempt('openssl', [
      'dgst',
      '-sm3',
      '-sigopt',
      `distid:${identifier}`,
      '-verify',
      key,
      '-signature',
      signature,
      signed,
    ]);
  const checked = await check(distinguishingId);
  assert.equal(checked.code, 0, checked.stderr + checked.stdout);
  assert.notEqual((await check('another')).code, 0);
});

test('the GM/T 0009 envelope gives the private key of the encryption certificate to the signature key', async () => {
  const der = Buffer.from(standard.enc_sm2_enveloped_key ?? '', 'base64');
  const found = await elements(der);
  const [symmetric, cipher, publicKey, encrypted] = found.filter((element) => element.depth === 1);
  assert.match(symmetric?.text ?? '', /SEQUENCE/);
  assert.ok(found.some((element) => /sm4-ecb|1\.2\.156\.10197\.1\.104(\.1)?$/i.test(element.text)));
  assert.ok(cipher && encrypted);
  const end = cipher.offset + cipher.headerLength + cipher.length;
  const opened = await decryptWithSignatureKey(der.subarray(cipher.offset, end));
  assert.equal(opened.length, 16, 'an SM4 key');
  const wrapped = contentOf(der, encrypted).subarray(1);
  const file = await write('wrapped', wrapped);
  const key = await run('openssl', [
    'enc',
    '-d',
    '-sm4-ecb',
    '-nopad',
    '-K',
    opened.toString('hex'),
    '-in',
    file,
    '-out',
    `${file}.key`,
  ]);
  assert.equal(key, '');
  const secret = await run('openssl', ['pkey', '-text', '-noout'], { input: plain.enc_private_key ?? '' });
  const expected = /priv:\s*([0-9a-f:\s]+?)pub:/
    .exec(secret)?.[1]
    ?.replace(/[:\s]/g, '')
    .padStart(64, '0')
    .slice(-64);
  assert.equal((await readFile(`${file}.key`)).toString('hex').slice(-64), expected);
  const point = contentOf(der, publicKey).subarray(1);
  const shown = await run('openssl', ['x509', '-noout', '-pubkey'], { input: plain.enc_certificate ?? '' });
  const spki = Buffer.from(shown.replace(/-----.*-----/g, ''), 'base64');
  assert.ok(
    spki.includes(Buffer.from(point).subarray(-64)),
    'the public key is that of the encryption certificate',
  );
});

/** SM2 decryption of an SM2Cipher (GM/T 0009-2012 7.2) with the private key of the signature certificate. */
async function decryptWithSignatureKey(cipher: Uint8Array): Promise<Buffer> {
  const key = await write('sign.key', plain.private_key);
  const input = await write('cipher', cipher);
  const output = join(folder, 'opened');
  await run('openssl', ['pkeyutl', '-decrypt', '-inkey', key, '-in', input, '-out', output]);
  return readFile(output);
}

test('the GM/T 0010 envelope is a signedAndEnvelopedData', async () => {
  const der = Buffer.from(standard.signed_and_enveloped_data ?? '', 'base64');
  const found = await elements(der);
  assert.match(found[1]?.text ?? '', /1\.2\.156\.10197\.6\.1\.4\.2\.4/);
  assert.ok(
    found.some((element) => /sm2sign-with-sm3|1\.2\.156\.10197\.1\.(301|501)|sm3/i.test(element.text)),
  );
});
