import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { signatureAlgorithmFor, UnsupportedAlgorithmError } from '../../../pki/index.ts';
import { tokenSigner } from './token-signer.ts';

const message = Buffer.from('what is to be signed');

async function* pieces() {
  yield message.subarray(0, 5);
  yield message.subarray(5);
}

test('the token is given the digest, whether the message comes whole or in pieces', async () => {
  const given: unknown[] = [];
  const token = {
    async sign(...asked: unknown[]) {
      given.push(asked);
      return Buffer.from('signature');
    },
  };
  const signer = tokenSigner(token, 'key', 'EC384', Buffer.from('spki'));
  const algorithm = signatureAlgorithmFor('EC384');
  const expected = ['key', 'ECDSA', 'SHA384', createHash('sha384').update(message).digest()];
  await signer.sign(message, algorithm);
  await signer.signPieces!(pieces(), algorithm);
  assert.deepEqual(given, [expected, expected]);
});

test('an algorithm of another key is refused, in pieces too', async () => {
  const token = { sign: () => assert.fail('nothing is signed') };
  const signer = tokenSigner(token, 'key', 'EC256', Buffer.from('spki'));
  for (const algorithm of [signatureAlgorithmFor('RSA2048'), signatureAlgorithmFor('SM2')]) {
    await assert.rejects(signer.sign(message, algorithm), UnsupportedAlgorithmError);
    await assert.rejects(signer.signPieces!(pieces(), algorithm), UnsupportedAlgorithmError);
  }
});
