import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../platform/errors.ts';
import { systemRandom } from '../../platform/random.ts';
import { WorkThreads } from '../../platform/work-threads.ts';
import { newPassword } from '../authentication/secrets.ts';
import { PasswordHasher } from './password-hash.ts';
import { checkPassword } from './password-policy.ts';
import type { HashTask } from './password-thread.ts';

const home = { sourceIp: '192.0.2.1', name: 'user' };
const cheap = { logN: 4, r: 8, p: 1 };

describe('password hash', () => {
  it('is salted, tells its cost and never the password', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    const [first, second] = await Promise.all([
      hasher.hash('Correct-1', 'acme'),
      hasher.hash('Correct-1', 'acme'),
    ]);
    assert.notEqual(first, second);
    assert.match(first ?? '', /^scrypt\$4\$8\$1\$/);
    assert.equal(await hasher.verify('Correct-1', first, home), true);
    assert.equal(await hasher.verify('correct-1', first, home), false);
  });

  it('is verified after the default cost was raised', async () => {
    const stored = await new PasswordHasher(systemRandom, cheap).hash('Correct-1', 'acme');
    assert.equal(
      await new PasswordHasher(systemRandom, { logN: 5, r: 8, p: 1 }).verify('Correct-1', stored, home),
      true,
    );
  });

  it('is false without a usable hash', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    for (const stored of [undefined, null, '', 'scrypt$4$8$1$AAAA', 'plain'])
      assert.equal(await hasher.verify('x', stored, home), false);
  });

  it('takes one password in different Unicode forms', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    assert.equal(
      await hasher.verify('Cafe\u0301-1234', await hasher.hash('Caf\u00e9-1234', 'acme'), home),
      true,
    );
  });

  it('refuses with 429 when more of a source wait than it will serve', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    const attempts = await Promise.allSettled(
      Array.from({ length: 80 }, (_, count) => hasher.verify('x', null, { ...home, name: `${count}` })),
    );
    const refused = attempts.filter((attempt) => attempt.status === 'rejected');
    assert.ok(refused.length > 0 && refused.length < 80);
    for (const { reason } of refused) assert.ok(reason instanceof ServiceError && reason.status === 429);
    assert.equal(await hasher.verify('x', null, home), false, 'and serves again afterwards');
  });
});

describe('the order of password hashes', () => {
  /** Computes each hash when it is told to. */
  async function stepping() {
    const started: { password: string; finish: () => void }[] = [];
    const rightHash = await new PasswordHasher(systemRandom, cheap).hash('right', 'acme');
    const real = new WorkThreads<HashTask, Uint8Array>(new URL('./password-thread.ts', import.meta.url));
    const derive = async (task: HashTask) => {
      await new Promise<void>((resolve) => started.push({ password: task.password, finish: resolve }));
      return await real.run(task);
    };
    const hasher = new PasswordHasher(systemRandom, cheap, { processors: 2, derive });
    const finish = (password: string) => {
      const found = started.find((hash) => hash.password === password);
      assert.ok(found, password);
      started.splice(started.indexOf(found), 1);
      found.finish();
    };
    return { hasher, started, finish, rightHash };
  }
  const settle = () => new Promise(setImmediate);
  const stranger = (count: number) => ({ sourceIp: `198.51.100.${count}`, name: `nobody ${count}` });

  it('leaves room for a known name beside any number of unknown ones', async () => {
    const { hasher, started, finish, rightHash } = await stepping();
    const strangers = Array.from({ length: 200 }, (_, count) =>
      hasher.verify('guess', null, stranger(count)),
    );
    const outcomes = Promise.allSettled(strangers);
    const login = hasher.verify('right', rightHash, home);
    await settle();
    assert.deepEqual(
      started.map(({ password }) => password),
      ['guess', 'right'],
      'of the strangers one is computed',
    );
    finish('right');
    assert.equal(await login, true, 'while none of the strangers has an answer');
    for (let round = 0; round < 51; round += 1) {
      finish('guess');
      while (started.length === 0 && round < 50) await settle();
    }
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 200 - 51);
  });

  it('gives a source with one name its turn before the second name of another source', async () => {
    const { hasher, started, finish, rightHash } = await stepping();
    const guesser = { sourceIp: '198.51.100.1' };
    const logins = [
      ...['a', 'b', 'c'].map((name) => hasher.verify(name, rightHash, { ...guesser, name })),
      hasher.verify('other', rightHash, stranger(2)),
      hasher.verify('right', rightHash, home),
    ];
    const order: string[] = [];
    while (order.length < logins.length) {
      await settle();
      const [next] = started;
      if (!next) continue;
      order.push(next.password);
      finish(next.password);
    }
    assert.deepEqual(order, ['a', 'other', 'right', 'b', 'c']);
    await Promise.all(logins);
  });

  it('answers a wrong password of a known name no sooner than an unknown name of the same moment', async () => {
    const { hasher, started, finish, rightHash } = await stepping();
    const answered: string[] = [];
    const guess = (name: string, storedHash: string | null, count: number) =>
      hasher.verify(name, storedHash, stranger(count)).then(() => answered.push(name));
    const all = [guess('first', null, 1), guess('unknown', null, 2), guess('known', rightHash, 3)];
    await settle();
    finish('known');
    for (let turn = 0; turn < 20; turn += 1) await settle();
    assert.deepEqual(answered, [], 'the hash is known to be wrong, but strangers came first');
    finish('first');
    while (!started.some(({ password }) => password === 'unknown')) await settle();
    finish('unknown');
    await Promise.all(all);
    assert.deepEqual(answered, ['first', 'unknown', 'known']);
  });
});

describe('password policy', () => {
  it('accepts and grades', () => {
    assert.equal(checkPassword('lower1234', 'u'), 'Low');
    assert.equal(checkPassword('Lower1234', 'u'), 'Middle');
    assert.equal(checkPassword('Lower-1234-Long', 'u'), 'Strong');
    assert.equal(checkPassword(newPassword(systemRandom), 'u'), 'Strong');
  });

  it('accepts every password that is generated, whatever the random source gives', () => {
    // The first draw would be one letter twenty times over.
    let draws = 0;
    const bytes = (length: number) => (draws++ === 0 ? new Uint8Array(length) : systemRandom.bytes(length));
    checkPassword(newPassword({ ...systemRandom, bytes }), 'u');
    assert.ok(draws > 5);
  });

  it('refuses naming the rule', () => {
    for (const [password, rule] of [
      ['Short-1', /8 to 128 characters/],
      [`Aa1-${'bc'.repeat(63)}`, /8 to 128 characters/],
      ['onlyletters', /at least two/],
      ['Administrator1', /must not be the user name/],
      ['1rotartsinimdA', /must not be the user name/],
      ['Paaaassword1', /repeat/],
    ] as const)
      assert.throws(() => checkPassword(password, 'administrator1'), rule);
  });
});
