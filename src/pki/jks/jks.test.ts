import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreignKey, keytoolJks } from '../foreign-keystores.fixture.ts';
import { MalformedError } from '../malformed-error.ts';
import { WrongPasswordError } from '../password.ts';
import { DataReader, DataWriter } from './data-stream.ts';
import { encodeJks } from './encode-jks.ts';
import { parseJks } from './parse-jks.ts';
import { storeDigest } from './store-digest.ts';

const entry = {
  alias: 'server',
  privateKeyPkcs8: new Uint8Array(foreignKey),
  certificatesDer: [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 0)],
  password: 'changeit',
  createdMs: 1_700_000_000_123,
  randomBytes,
};

function sealed(contents: Uint8Array, password = 'changeit'): Uint8Array {
  return Buffer.concat([contents, storeDigest(password, contents)]);
}

function withoutDigest(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - 20);
}

test('key, chain, alias and date come back', () => {
  assert.deepEqual(parseJks(encodeJks(entry), 'changeit'), [
    {
      kind: 'privateKey',
      alias: 'server',
      createdMs: 1_700_000_000_123,
      privateKeyPkcs8: entry.privateKeyPkcs8,
      certificatesDer: entry.certificatesDer,
    },
  ]);
});

test('a file that keytool wrote is read', () => {
  const [found, ...rest] = parseJks(keytoolJks, 'changeit');
  assert.equal(rest.length, 0);
  assert(found?.kind === 'privateKey');
  assert.equal(found.alias, 'alpha');
  assert.deepEqual(Buffer.from(found.privateKeyPkcs8), foreignKey);
  assert.equal(found.certificatesDer.length, 1);
});

test('with the salt and the date of a keytool file, the same bytes come out', () => {
  const [found] = parseJks(keytoolJks, 'changeit');
  assert(found?.kind === 'privateKey');
  // The 20 bytes of salt open the protected key, behind 23 bytes of headers of the store and its first entry, 8 of
  // date, 4 of length and 20 of DER.
  const salt = keytoolJks.subarray(55, 75);
  const again = encodeJks({ ...found, password: 'changeit', randomBytes: () => salt });
  assert.deepEqual(Buffer.from(again), Buffer.from(keytoolJks));
});

test('two exports of one key differ', () => {
  assert.notDeepEqual(encodeJks(entry), encodeJks(entry));
});

test('aliases are lower case, as Java compares them, and of any script', () => {
  for (const alias of ['Server', '测试证书', 'ünïcode', '😀', '\0']) {
    const [found] = parseJks(encodeJks({ ...entry, alias }), 'changeit');
    assert.equal(found?.alias, alias.toLowerCase());
  }
});

test('a wrong password and a changed byte are the same error', () => {
  const bytes = encodeJks(entry);
  assert.throws(() => parseJks(bytes, 'changeit1'), WrongPasswordError);
  bytes[40]! ^= 1;
  assert.throws(() => parseJks(bytes, 'changeit'), WrongPasswordError);
});

test('a key under another password than the store is refused', () => {
  const contents = withoutDigest(encodeJks({ ...entry, password: 'other' }));
  assert.throws(() => parseJks(sealed(contents), 'changeit'), WrongPasswordError);
});

test('trusted certificates are read', () => {
  const contents = new DataWriter().u32(0xfeedfeed).u32(2).u32(1).u32(2).utf('root').u64(5).utf('X.509');
  const bytes = sealed(contents.block(Uint8Array.of(0x30, 0)).finish());
  assert.deepEqual(parseJks(bytes, 'changeit'), [
    { kind: 'trustedCertificate', alias: 'root', createdMs: 5, certificateDer: Uint8Array.of(0x30, 0) },
  ]);
});

test('other formats, versions, entries and certificate types are malformed', () => {
  const start = (version: number, count: number): DataWriter =>
    new DataWriter().u32(0xfeedfeed).u32(version).u32(count);
  const malformed = [
    new Uint8Array(0),
    new Uint8Array(100),
    new Uint8Array(2_000_000),
    sealed(start(1, 0).finish()),
    sealed(start(2, 0xffffffff).finish()),
    sealed(start(2, 0).u32(0).finish()),
    sealed(start(2, 1).u32(3).utf('a').u64(0).finish()),
    sealed(start(2, 1).u32(2).utf('a').u64(0).utf('PGP').block(new Uint8Array(1)).finish()),
    sealed(start(2, 1).u32(2).u16(2).bytes(Uint8Array.of(0xc0, 0x20)).finish()),
    sealed(start(2, 1).u32(2).u16(1).bytes(Uint8Array.of(0xff)).finish()),
    sealed(start(2, 1).u32(2).utf('').bytes(new Uint8Array(8).fill(0xff)).finish()),
  ];
  for (const [index, bytes] of malformed.entries()) {
    assert.throws(() => parseJks(bytes, 'changeit'), MalformedError, `case ${index}`);
  }
});

test('every string survives Java’s modified UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      assert.equal(new DataReader(new DataWriter().utf(text).finish()).utf(), text);
    }),
  );
});

test('arbitrary and damaged contents under a right digest give one of two errors or entries', () => {
  const valid = withoutDigest(encodeJks(entry));
  const damaged = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(255))
    .map(([at, byte]) => Uint8Array.from(valid, (old, index) => (index === at ? byte : old)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), fc.boolean(), (contents, closed) => {
      try {
        assert(Array.isArray(parseJks(closed ? sealed(contents) : contents, 'changeit')));
      } catch (error) {
        assert(error instanceof MalformedError || error instanceof WrongPasswordError, String(error));
      }
    }),
  );
});

test('the closing digest covers password, phrase and contents', () => {
  const expected = createHash('sha1').update('\0a\0bMighty Aphroditexyz').digest();
  assert.deepEqual(storeDigest('ab', Buffer.from('xyz')), expected);
});
