import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { PoolFull } from '../../platform/fair-pool.ts';
import { silentLog } from '../../platform/log.ts';
import { type RsaAlgorithm, RsaKeyPool, type RsaPoolSizes } from './rsa-key-pool.ts';

const empty: RsaPoolSizes = { RSA2048: 0, RSA3072: 0, RSA4096: 0 };

/** Generates when told to, and remembers how many ran at once. */
class Generator {
  readonly waiting: (() => void)[] = [];
  readonly asked: RsaAlgorithm[] = [];
  running = 0;
  mostAtOnce = 0;
  failing = false;

  readonly generate = async (algorithm: RsaAlgorithm) => {
    this.asked.push(algorithm);
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running -= 1;
    if (this.failing) throw new Error('no entropy');
    return { privateKeyPkcs8: new Uint8Array([1, 2, 3]), publicKeySpki: new Uint8Array([4]) };
  };

  async finishAll(): Promise<void> {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      next();
      await new Promise(setImmediate);
    }
  }
}

function poolOf(sizes: Partial<RsaPoolSizes>, generator: Generator): RsaKeyPool {
  const { generate } = generator;
  return new RsaKeyPool({ sizes: { ...empty, ...sizes }, log: silentLog, generate, requestsAtOnce: 1 });
}

test('fills to its sizes and no further, one key at a time', async () => {
  const generator = new Generator();
  const pool = poolOf({ RSA2048: 4, RSA4096: 2 }, generator);
  pool.start();
  pool.start();
  await generator.finishAll();
  assert.equal(pool.readyCount('RSA2048'), 4);
  assert.equal(pool.readyCount('RSA4096'), 2);
  assert.equal(generator.mostAtOnce, 1);
  assert.equal(generator.asked.length, 6);
});

test('a key that is taken is replaced', async () => {
  const generator = new Generator();
  const pool = poolOf({ RSA2048: 1 }, generator);
  pool.start();
  await generator.finishAll();
  await pool.take('RSA2048', 'acme');
  assert.equal(pool.readyCount('RSA2048'), 0);
  await generator.finishAll();
  assert.equal(pool.readyCount('RSA2048'), 1);
});

test('size 0 switches it off: every key is generated for its request', async () => {
  const generator = new Generator();
  const pool = poolOf({}, generator);
  pool.start();
  const taken = [pool.take('RSA2048', 'acme'), pool.take('RSA4096', 'acme')];
  await generator.finishAll();
  await Promise.all(taken);
  assert.deepEqual(generator.asked, ['RSA2048', 'RSA4096']);
});

test('does not fill while requests generate their own', async () => {
  const generator = new Generator();
  const pool = poolOf({ RSA2048: 3 }, generator);
  const taken = pool.take('RSA2048', 'acme');
  pool.start();
  assert.equal(generator.running, 1);
  await generator.finishAll();
  await taken;
  assert.equal(pool.readyCount('RSA2048'), 3);
});

test('requests generate one at a time, and accounts take turns', async () => {
  const generator = new Generator();
  const pool = poolOf({}, generator);
  const taken = [
    ...Array.from({ length: 16 }, () => pool.take('RSA4096', 'greedy')),
    pool.take('RSA2048', 'modest'),
  ];
  await generator.finishAll();
  await Promise.all(taken);
  assert.equal(generator.mostAtOnce, 1);
  assert.equal(generator.asked.indexOf('RSA2048'), 1, 'after the key that was under way');
});

test('an account with too many waiting requests is refused, and others are not', async () => {
  const generator = new Generator();
  const pool = poolOf({}, generator);
  const taken = Array.from({ length: 65 }, () => pool.take('RSA4096', 'greedy'));
  await assert.rejects(pool.take('RSA4096', 'greedy'), PoolFull);
  taken.push(pool.take('RSA2048', 'modest'));
  await generator.finishAll();
  await Promise.all(taken);
});

test('keys come from a thread that leaves libuv alone', async () => {
  const pool = new RsaKeyPool({ sizes: empty, log: silentLog });
  const pair = await pool.take('RSA2048', 'acme');
  const privateKey = createPrivateKey({
    key: Buffer.from(pair.privateKeyPkcs8),
    format: 'der',
    type: 'pkcs8',
  });
  assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, 2048);
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  assert.deepEqual(Buffer.from(pair.publicKeySpki), publicKey);
});

test('a failure ends the filling and the next request starts it again', async () => {
  const generator = new Generator();
  const pool = poolOf({ RSA2048: 1 }, generator);
  generator.failing = true;
  pool.start();
  await generator.finishAll();
  assert.equal(pool.readyCount('RSA2048'), 0);
  generator.failing = false;
  const taken = pool.take('RSA2048', 'acme');
  await generator.finishAll();
  await taken;
  assert.equal(pool.readyCount('RSA2048'), 1);
});

test('closing waits for the fill, wipes the keys and fills no more', async () => {
  const generator = new Generator();
  const pool = poolOf({ RSA2048: 2 }, generator);
  pool.start();
  const closing = pool.close();
  await generator.finishAll();
  await closing;
  assert.equal(pool.readyCount('RSA2048'), 0);
  pool.start();
  assert.equal(generator.asked.length, 1);
});
