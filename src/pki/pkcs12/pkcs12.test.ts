import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { children, der, readDer } from '../der/index.ts';
import { foreignKey, opensslPfx, opensslTripleDesPfx } from '../foreign-keystores.fixture.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { WrongPasswordError } from '../password.ts';
import { encodePbkdf2 } from '../pkcs8/key-derivation.ts';
import { encryptPbes2 } from '../pkcs8/pbes2.ts';
import { encodePkcs12 } from './encode-pkcs12.ts';
import { encodeMac } from './mac.ts';
import { parsePkcs12 } from './parse-pkcs12.ts';

const contents = {
  privateKeyPkcs8: new Uint8Array(foreignKey),
  certificatesDer: [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 0)],
  password: 'changeit',
  friendlyName: 'server',
  randomBytes,
};

function data(content: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oids.data), der.explicit(0, der.octetString(content)));
}

async function sealed(authenticatedSafe: Uint8Array): Promise<Uint8Array> {
  const mac = await encodeMac(authenticatedSafe, 'changeit', 1, new Uint8Array(8));
  return der.sequence(der.integer(3), data(authenticatedSafe), mac);
}

function shroudedKeyBag(derivation: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const scheme = der.sequence(der.oid(oids.aes256Cbc), der.octetString(new Uint8Array(16)));
  const algorithm = der.sequence(der.oid(oids.pbes2), der.sequence(derivation, scheme));
  const info = der.sequence(algorithm, der.octetString(ciphertext));
  return der.sequence(der.oid(oids.pkcs8ShroudedKeyBag), der.explicit(0, info));
}

test('key, leaf and chain come back, key and leaf tied by the SHA-1 of the leaf', async () => {
  const found = await parsePkcs12(await encodePkcs12(contents), 'changeit');
  const localKeyId = new Uint8Array(createHash('sha1').update(contents.certificatesDer[0]!).digest());
  const tied = { friendlyName: 'server', localKeyId };
  assert.deepEqual(found, {
    keys: [{ ...tied, privateKeyPkcs8: contents.privateKeyPkcs8 }],
    certificates: [
      { ...tied, certificateDer: contents.certificatesDer[0] },
      { friendlyName: undefined, localKeyId: undefined, certificateDer: contents.certificatesDer[1] },
    ],
  });
});

test('files that openssl wrote are read, with AES and with Triple DES', async () => {
  for (const pfx of [opensslPfx, opensslTripleDesPfx]) {
    const { keys, certificates } = await parsePkcs12(pfx, 'changeit');
    assert.equal(keys.length, 1);
    assert.deepEqual(Buffer.from(keys[0]!.privateKeyPkcs8), foreignKey);
    assert.equal(keys[0]!.friendlyName, 'alpha');
    assert.equal(certificates.length, 1);
    assert.deepEqual(certificates[0]!.localKeyId, keys[0]!.localKeyId);
    await assert.rejects(parsePkcs12(pfx, 'changeit1'), WrongPasswordError);
  }
});

test('names and passwords of any script, and the empty password', async () => {
  for (const text of ['', 'pässwörd', '测试证书', '😀']) {
    const pfx = await encodePkcs12({ ...contents, password: text, friendlyName: text });
    const { keys } = await parsePkcs12(pfx, text);
    assert.equal(keys[0]?.friendlyName, text);
  }
});

test('two exports of one key differ', async () => {
  assert.notDeepEqual(await encodePkcs12(contents), await encodePkcs12(contents));
});

test('a PFX without a certificate is not written', async () => {
  await assert.rejects(encodePkcs12({ ...contents, certificatesDer: [] }), RangeError);
});

test('a wrong password and a changed byte are the same error', async () => {
  const pfx = await encodePkcs12(contents);
  await assert.rejects(parsePkcs12(pfx, 'wrong'), WrongPasswordError);
  await assert.rejects(parsePkcs12(pfx, ''), WrongPasswordError);
  pfx[200]! ^= 1;
  await assert.rejects(parsePkcs12(pfx, 'changeit'), WrongPasswordError);
});

test('a file without a MAC, of another version or with bytes behind it is malformed', async () => {
  const [version, safe, mac] = children(readDer(await encodePkcs12(contents))).map((value) => value.raw);
  const malformed = [
    der.sequence(version!, safe!),
    der.sequence(der.integer(2), safe!, mac!),
    der.sequence(version!, safe!, mac!, mac!),
    der.sequence(
      version!,
      der.sequence(der.oid(oids.signedData), der.explicit(0, der.octetString(safe!))),
      mac!,
    ),
    new Uint8Array(2_000_000),
  ];
  for (const bytes of malformed) await assert.rejects(parsePkcs12(bytes, 'changeit'), MalformedError);
});

test('unencrypted keys are read, foreign bags passed over', async () => {
  const keyBag = der.sequence(der.oid(oids.keyBag), der.explicit(0, contents.privateKeyPkcs8));
  const secretBag = der.sequence(der.oid('1.2.840.113549.1.12.10.1.5'), der.explicit(0, der.nullValue()));
  const pfx = await sealed(der.sequence(data(der.sequence(secretBag, keyBag))));
  const { keys, certificates } = await parsePkcs12(pfx, 'changeit');
  assert.deepEqual(keys, [
    { friendlyName: undefined, localKeyId: undefined, privateKeyPkcs8: contents.privateKeyPkcs8 },
  ]);
  assert.deepEqual(certificates, []);
});

test('what one file may cost is bounded, for the MAC and over all bags', async () => {
  const salt = new Uint8Array(8);
  const mac = (iterations: number): Uint8Array =>
    der.sequence(
      der.sequence(der.sequence(der.oid(oids.sha256)), der.octetString(new Uint8Array(32))),
      der.octetString(salt),
      der.integer(iterations),
    );
  const costlyMac = der.sequence(der.integer(3), data(der.sequence()), mac(500_001));
  await assert.rejects(parsePkcs12(costlyMac, 'changeit'), /too many iterations/);
  const key = await encodePbes2Key(1_000);
  const bags = Array.from({ length: 5_001 }, () => key);
  const manyBags = await sealed(der.sequence(data(der.sequence(...bags))));
  await assert.rejects(parsePkcs12(manyBags, 'changeit'), /more than 200 bags/);
  const costlyBag = shroudedKeyBag(encodePbkdf2(salt, 2_000_001), new Uint8Array(16));
  const costly = await sealed(der.sequence(data(der.sequence(costlyBag))));
  await assert.rejects(parsePkcs12(costly, 'changeit'), MalformedError);
});

async function encodePbes2Key(iterations: number): Promise<Uint8Array> {
  const { algorithm, ciphertext } = await encryptPbes2(foreignKey, 'changeit', iterations, randomBytes);
  const info = der.sequence(algorithm, der.octetString(ciphertext));
  return der.sequence(der.oid(oids.pkcs8ShroudedKeyBag), der.explicit(0, info));
}

test('arbitrary and damaged safes under a right MAC give one of two errors or contents', async () => {
  const certBag = der.sequence(
    der.oid(oids.certBag),
    der.explicit(
      0,
      der.sequence(der.oid(oids.x509Certificate), der.explicit(0, der.octetString(Uint8Array.of(1)))),
    ),
    der.setOf([der.sequence(der.oid(oids.friendlyName), der.set(der.bmpString('a')))]),
  );
  const valid = der.sequence(data(der.sequence(await encodePbes2Key(1), certBag)));
  const damaged = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(255))
    .map(([at, byte]) => Uint8Array.from(valid, (old, index) => (index === at ? byte : old)));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged),
      fc.boolean(),
      async (bytes, closed) => {
        try {
          const found = await parsePkcs12(closed ? await sealed(bytes) : bytes, 'changeit');
          assert(found.keys.length <= 1 && found.certificates.length <= 1);
        } catch (error) {
          assert(error instanceof MalformedError || error instanceof WrongPasswordError, String(error));
        }
      },
    ),
  );
});
