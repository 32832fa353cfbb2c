// Needs: openssl 3.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  decryptPkcs8,
  encodeSignedAndEnvelopedData,
  encodeSm2EnvelopedKey,
  encryptPkcs8,
  encryptSm2,
  openSm2EnvelopedKey,
  signerFromPkcs8,
} from '../../src/pki/index.ts';
import { run } from './support/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'openccm-sm2-'));
after(() => rmSync(folder, { recursive: true }));
const distinguishingId = 'distid:1234567812345678';

function bytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

function write(name: string, contents: Uint8Array): void {
  writeFileSync(join(folder, name), contents);
}

function openssl(...args: string[]): Promise<string> {
  return run('openssl', args, { cwd: folder });
}

before(async () => {
  for (const name of ['recipient', 'enveloped', 'authority']) {
    await openssl('genpkey', '-algorithm', 'SM2', '-out', `${name}.key`);
    const toPkcs8 = ['pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`];
    await openssl(...toPkcs8, '-outform', 'DER', '-out', `${name}.der`);
    await openssl('pkey', '-in', `${name}.key`, '-pubout', '-outform', 'DER', '-out', `${name}.spki`);
  }
  for (const name of ['recipient', 'authority']) {
    const options = ['-key', `${name}.key`, '-subj', `/CN=${name}`, '-sm3', '-sigopt', distinguishingId];
    await openssl('req', '-x509', ...options, '-days', '9', '-outform', 'DER', '-out', `${name}.crt`);
  }
});

type Element = { offset: number; header: number; length: number; line: string };

async function elements(file: string): Promise<Element[]> {
  const lines = (await openssl('asn1parse', '-inform', 'DER', '-in', file)).trim().split('\n');
  return lines.map((line) => {
    const found = /^ *(\d+):d=\d+ +hl=(\d+) l= *(\d+) /.exec(line);
    assert(found, line);
    const [offset, header, length] = found.slice(1).map(Number) as [number, number, number];
    return { offset, header, length, line };
  });
}

/** The key and content that OpenSSL finds in an SM2Cipher and an SM4-ECB ciphertext. */
async function opensslDecrypts(): Promise<Buffer> {
  await openssl('pkeyutl', '-decrypt', '-inkey', 'recipient.key', '-in', 'cipher.der', '-out', 'sm4.key');
  const key = Buffer.from(bytes('sm4.key')).toString('hex');
  await openssl('enc', '-d', '-sm4-ecb', '-K', key, '-nopad', '-in', 'encrypted.bin', '-out', 'content.bin');
  return Buffer.from(bytes('content.bin'));
}

test('OpenSSL decrypts what we encrypt to an SM2 key, and we what it encrypts', async () => {
  write('plain.txt', Buffer.from('message'));
  write('ours.der', encryptSm2(bytes('plain.txt'), bytes('recipient.spki').subarray(-65), randomBytes));
  assert.equal(await openssl('pkeyutl', '-decrypt', '-inkey', 'recipient.key', '-in', 'ours.der'), 'message');
  const { scalar, envelope } = await opensslEnvelope();
  const opened = openSm2EnvelopedKey(envelope, bytes('recipient.der'));
  assert(Buffer.from(opened).includes(scalar));
});

/** An SM2EnvelopedKey whose both ciphertexts OpenSSL made; only the SEQUENCE around them is ours. */
async function opensslEnvelope(): Promise<{ scalar: Uint8Array; envelope: Uint8Array }> {
  const ours = encodeSm2EnvelopedKey({
    recipientPublicKeySpki: bytes('recipient.spki'),
    privateKeyPkcs8: bytes('enveloped.der'),
    randomBytes,
  });
  write('frame.der', ours);
  const [, algorithm, , cipher, ...rest] = await elements('frame.der');
  const point = rest.find((each) => each.line.includes('BIT STRING'))!;
  const cut = ({ offset, header, length }: Element): Uint8Array =>
    ours.subarray(offset, offset + header + length);
  write('sm4.key', randomBytes(16));
  const scalar = scalarOf(bytes('enveloped.der'));
  write('scalar.bin', scalar);
  const key = Buffer.from(bytes('sm4.key')).toString('hex');
  await openssl('enc', '-sm4-ecb', '-K', key, '-nopad', '-in', 'scalar.bin', '-out', 'encrypted.bin');
  const recipient = ['-pubin', '-keyform', 'DER', '-inkey', 'recipient.spki'];
  await openssl('pkeyutl', '-encrypt', ...recipient, '-in', 'sm4.key', '-out', 'cipher.der');
  assert(cipher?.line.includes('SEQUENCE'));
  const bitString = Buffer.concat([Buffer.of(3, 33, 0), bytes('encrypted.bin')]);
  const content = Buffer.concat([cut(algorithm!), bytes('cipher.der'), cut(point), bitString]);
  return { scalar, envelope: Buffer.concat([Buffer.of(0x30, 0x81, content.length), content]) };
}

// RFC 5915 §3: the scalar follows the version, an OCTET STRING of 32 bytes.
function scalarOf(pkcs8: Uint8Array): Uint8Array {
  const at = Buffer.from(pkcs8).indexOf(Buffer.of(2, 1, 1, 4, 32));
  return pkcs8.subarray(at + 5, at + 37);
}

test('OpenSSL takes the private key out of the envelope of GM/T 0009', async () => {
  const envelope = encodeSm2EnvelopedKey({
    recipientPublicKeySpki: bytes('recipient.spki'),
    privateKeyPkcs8: bytes('enveloped.der'),
    randomBytes,
  });
  write('envelope.der', envelope);
  const found = await elements('envelope.der');
  assert.match(found[2]!.line, /:sm4-ecb$/);
  const cipher = found[3]!;
  const [point, encrypted] = found.filter(({ line }) => line.includes('BIT STRING')) as [Element, Element];
  write('cipher.der', envelope.subarray(cipher.offset, cipher.offset + cipher.header + cipher.length));
  await openssl(
    'asn1parse',
    '-inform',
    'DER',
    '-in',
    'envelope.der',
    ...strparse(encrypted),
    '-out',
    'encrypted.bin',
  );
  await openssl(
    'asn1parse',
    '-inform',
    'DER',
    '-in',
    'envelope.der',
    ...strparse(point),
    '-out',
    'point.bin',
  );
  assert.deepEqual(new Uint8Array(await opensslDecrypts()), scalarOf(bytes('enveloped.der')));
  assert.deepEqual(bytes('point.bin'), bytes('enveloped.spki').subarray(-65));
});

function strparse({ offset }: Element): string[] {
  return ['-noout', '-strparse', String(offset)];
}

test('OpenSSL takes the private key out of the envelope of GM/T 0010 and verifies its signature', async () => {
  const envelope = await encodeSignedAndEnvelopedData({
    recipientCertificateDer: bytes('recipient.crt'),
    privateKeyPkcs8: bytes('enveloped.der'),
    signerCertificateDer: bytes('authority.crt'),
    signer: signerFromPkcs8(bytes('authority.der')),
    randomBytes,
  });
  write('envelope.der', envelope);
  const found = await elements('envelope.der');
  const octetStrings = found.filter(({ line }) => /prim: OCTET STRING/.test(line));
  const encrypted = found.find(({ line, length }) => length === 64 && /prim: cont \[ 0 \]/.test(line));
  const cut = ({ offset, header, length }: Element): Uint8Array =>
    envelope.subarray(offset + header, offset + header + length);
  write('cipher.der', cut(octetStrings[0]!));
  write('encrypted.bin', cut(encrypted!));
  write('signature.der', cut(octetStrings.at(-1)!));
  const content = await opensslDecrypts();
  assert.deepEqual(content.subarray(0, 32), Buffer.alloc(32));
  assert.deepEqual(new Uint8Array(content.subarray(32)), scalarOf(bytes('enveloped.der')));
  await openssl('x509', '-inform', 'DER', '-in', 'authority.crt', '-out', 'authority.pem');
  const key = ['-verify', '-certin', '-inkey', 'authority.pem', '-rawin', '-digest', 'sm3'];
  const signed = ['-in', 'content.bin', '-sigfile', 'signature.der', '-pkeyopt', distinguishingId];
  assert.match(await openssl('pkeyutl', ...key, ...signed), /Verified Successfully/);
});

test('an SM2 key under a password passes to OpenSSL and back, also with SM4', async () => {
  const key = bytes('enveloped.der');
  write('encrypted.der', await encryptPkcs8(key, 'secret', randomBytes));
  const read = [
    'pkcs8',
    '-topk8',
    '-nocrypt',
    '-inform',
    'DER',
    '-in',
    'encrypted.der',
    '-passin',
    'pass:secret',
  ];
  await openssl(...read, '-outform', 'DER', '-out', 'again.der');
  assert.deepEqual(bytes('again.der'), key);
  const written = ['-outform', 'DER', '-out', 'theirs.der', '-passout', 'pass:secret', '-v2', 'sm4-cbc'];
  await openssl('pkcs8', '-topk8', '-in', 'enveloped.key', ...written);
  assert.deepEqual(await decryptPkcs8(bytes('theirs.der'), 'secret'), key);
});
