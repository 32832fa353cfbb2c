import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { DigestThread } from './digest-thread.ts';

const message = Buffer.from('to be signed');
const digest = new Uint8Array(createHash('sha256').update(message).digest());

test('many tasks with several keys at once each get their own answer', async () => {
  const thread = new DigestThread();
  const pairs = Array.from({ length: 5 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const signatures = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      const { privateKey } = pairs[index % pairs.length]!;
      return thread.run({ operation: 'sign', curve: 'EC_P256', digest }, privateKey);
    }),
  );
  for (const [index, signature] of signatures.entries()) {
    assert.ok(signature instanceof Uint8Array);
    assert.ok(verify('sha256', message, pairs[index % pairs.length]!.publicKey, signature));
    const wrongKey = pairs[(index + 1) % pairs.length]!.publicKey;
    assert.ok(!verify('sha256', message, wrongKey, signature));
    const task = { operation: 'verify', curve: 'EC_P256', digest, signature } as const;
    assert.equal(await thread.run(task, wrongKey), false);
    assert.equal(await thread.run(task, pairs[index % pairs.length]!.publicKey), true);
  }
});

test('a task that fails is refused, and the next is done', async () => {
  const thread = new DigestThread();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const task = { operation: 'sign RSA', padding: 'rsa-pkcs1', hash: 'sha256', digest } as const;
  await assert.rejects(thread.run(task, privateKey), /failed/);
  assert.ok(await thread.run({ operation: 'sign', curve: 'EC_P256', digest }, privateKey));
});
