// Needs: SoftHSM 2.6 (library and softhsm2-util).
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type GcmMessage,
  NotGenuine,
  Pkcs11Token,
  TokenKeyMissing,
  TokenRefused,
  TokenUnavailable,
  tokenAlgorithmOf,
  tokenSigner,
} from '../../src/kms/providers/pkcs11/index.ts';
import { signatureAlgorithmFor } from '../../src/pki/index.ts';
import { FixedClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createSoftHsm, type SoftHsm } from './support/softhsm.ts';

let hsm: SoftHsm;
let token: Pkcs11Token;
const data = Buffer.from('what is signed');

before(async () => {
  hsm = await createSoftHsm();
  token = openToken({});
});

after(async () => {
  await token?.close();
  await hsm?.remove();
});

function openToken(changes: Partial<SoftHsm['settings']>, clock = new FixedClock(1_700_000_000_000)) {
  return new Pkcs11Token({ settings: { ...hsm.settings, ...changes }, clock, log: silentLog });
}

async function withToken(
  changes: Partial<SoftHsm['settings']>,
  work: (opened: Pkcs11Token) => Promise<void>,
): Promise<void> {
  const opened = openToken(changes);
  try {
    await work(opened);
  } finally {
    await opened.close();
  }
}

const digestOf = (hash: 'SHA256' | 'SHA384' | 'SHA512') => createHash(hash).update(data).digest();
const publicKeyOf = (spki: Uint8Array) =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });

describe('keys in a token', () => {
  test('it says which token it is', async () => {
    assert.partialDeepStrictEqual(await token.describe(), { label: 'openccm test' });
  });

  for (const algorithm of ['EC256', 'EC384', 'EC521', 'SECP256K1'] as const) {
    test(`${algorithm} signs by ECDSA, in DER`, async () => {
      const publicKey = publicKeyOf(await token.generateKeyPair(`ec ${algorithm}`, algorithm));
      const signature = await token.sign(`ec ${algorithm}`, 'ECDSA', 'SHA384', digestOf('SHA384'));
      assert.ok(verify('sha384', data, publicKey, signature));
    });
  }

  test('RSA signs by PKCS #1 v1.5 and by PSS with each hash', async () => {
    const publicKey = publicKeyOf(await token.generateKeyPair('rsa', 'RSA2048'));
    for (const hash of ['SHA256', 'SHA384', 'SHA512'] as const) {
      const plain = await token.sign('rsa', 'RSA_PKCS1', hash, digestOf(hash));
      assert.ok(verify(hash, data, publicKey, plain), hash);
      const pss = await token.sign('rsa', 'RSA_PSS', hash, digestOf(hash));
      const saltLength = digestOf(hash).length;
      assert.ok(verify(hash, data, { key: publicKey, padding: 6, saltLength }, pss), hash);
    }
  });

  for (const algorithm of ['RSA2048', 'EC256', 'EC384'] as const) {
    test(`a ${algorithm} key signs certificates`, async () => {
      const name = `signer ${algorithm}`;
      const spki = await token.generateKeyPair(name, tokenAlgorithmOf(algorithm));
      const signatureAlgorithm = signatureAlgorithmFor(algorithm);
      const signature = await tokenSigner(token, name, algorithm, spki).sign(data, signatureAlgorithm);
      assert.ok(verify(signatureAlgorithm.hash, data, publicKeyOf(spki), signature));
    });
  }

  test('what a token encrypts it decrypts in another connection, and only unchanged', async () => {
    await token.generateAesKey('aes');
    const message = { nonce: Buffer.alloc(12, 7), additionalData: Buffer.from('place'), data };
    const ciphertext = await token.encrypt('aes', message);
    assert.equal(ciphertext.length, data.length + 16);
    await withToken({}, async (other) => {
      assert.deepEqual(Buffer.from(await other.decrypt('aes', { ...message, data: ciphertext })), data);
      const changed = Buffer.from(ciphertext);
      changed[0]! ^= 1;
      const wrong: Partial<GcmMessage>[] = [
        { data: changed },
        { nonce: Buffer.alloc(12, 8) },
        { additionalData: Buffer.from('elsewhere') },
      ];
      for (const change of wrong)
        await assert.rejects(other.decrypt('aes', { ...message, data: ciphertext, ...change }), NotGenuine);
      assert.deepEqual(Buffer.from(await other.decrypt('aes', { ...message, data: ciphertext })), data);
    });
  });

  test('many operations run at the same time on few sessions', async () => {
    const publicKey = publicKeyOf(await token.generateKeyPair('busy', 'EC256'));
    const work = Array.from({ length: 100 }, () => token.sign('busy', 'ECDSA', 'SHA256', digestOf('SHA256')));
    for (const signature of await Promise.all(work)) assert.ok(verify('sha256', data, publicKey, signature));
  });

  test('a destroyed key is gone, also for a connection that used it', async () => {
    await token.generateKeyPair('short-lived', 'EC256');
    await withToken({}, async (other) => {
      await other.sign('short-lived', 'ECDSA', 'SHA256', digestOf('SHA256'));
      assert.equal(await other.hasKey('short-lived'), true);
      await other.destroyKey('short-lived');
      assert.equal(await other.hasKey('short-lived'), false);
    });
    await assert.rejects(token.sign('short-lived', 'ECDSA', 'SHA256', digestOf('SHA256')), TokenKeyMissing);
    await token.destroyKey('short-lived');
  });

  test('what the token cannot do is refused and leaves the connection as it is', async () => {
    await token.generateKeyPair('picky', 'EC256');
    const before = token.processId;
    await assert.rejects(token.sign('picky', 'ECDSA', 'SHA256', Buffer.alloc(5)), TokenRefused);
    await assert.rejects(token.sign('picky', 'RSA_PSS', 'SHA256', digestOf('SHA256')), TokenKeyMissing);
    await token.sign('picky', 'ECDSA', 'SHA256', digestOf('SHA256'));
    assert.equal(token.processId, before);
    assert.throws(() => tokenAlgorithmOf('SM2'), /SM2 keys cannot be kept in an HSM/);
  });
});

describe('a token that is away', () => {
  test('a connection that is lost is made anew, and requests do not notice', async () => {
    await token.generateKeyPair('survivor', 'EC256');
    const before = token.processId!;
    const running = token.sign('survivor', 'ECDSA', 'SHA256', digestOf('SHA256'));
    process.kill(before, 'SIGKILL');
    await running;
    await token.sign('survivor', 'ECDSA', 'SHA256', digestOf('SHA256'));
    assert.notEqual(token.processId, before);
  });

  test('a library that is missing is named', async () => {
    await withToken({ modulePath: join(hsm.folder, 'missing.so') }, async (opened) => {
      await assert.rejects(opened.describe(), (error: Error) => {
        assert.ok(error instanceof TokenUnavailable);
        return /cluster-1 is not available: .*missing\.so does not load/.test(error.message);
      });
    });
  });

  test('a token that is not there is named', async () => {
    await withToken({ token: { label: 'other' } }, (opened) =>
      assert.rejects(opened.describe(), /shows no token labelled "other"/),
    );
    await withToken({ token: { slotId: 4711 } }, (opened) =>
      assert.rejects(opened.describe(), /shows no token in slot 4711/),
    );
  });

  test('a PIN that was refused is not tried again', async () => {
    const pinFile = join(hsm.folder, 'pin');
    await writeFile(pinFile, 'wrong\n');
    const clock = new FixedClock(1_700_000_000_000);
    const opened = openToken({ pin: { file: pinFile } }, clock);
    await assert.rejects(opened.describe(), /CKR_PIN_INCORRECT/);
    await writeFile(pinFile, '1234\n');
    clock.advance(3_600_000);
    await assert.rejects(opened.describe(), TokenUnavailable);
    await opened.close();
    await withToken({ pin: { file: pinFile } }, async (again) => {
      await again.describe();
    });
  });

  test('after a failure requests fail at once for a second, then connect again', async () => {
    const pinFile = join(hsm.folder, 'late-pin');
    const clock = new FixedClock(1_700_000_000_000);
    const opened = openToken({ pin: { file: pinFile } }, clock);
    await assert.rejects(opened.describe(), TokenUnavailable);
    await writeFile(pinFile, '1234');
    await assert.rejects(opened.describe(), TokenUnavailable);
    clock.advance(1_000);
    await opened.describe();
    await opened.close();
    await assert.rejects(opened.describe(), /the token was closed/);
  });
});
