import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../platform/errors.ts';
import { systemRandom } from '../../platform/random.ts';
import { newPassword } from '../authentication/secrets.ts';
import { PasswordHasher } from './password-hash.ts';
import { checkPassword } from './password-policy.ts';

const cheap = { logN: 4, r: 8, p: 1 };

describe('password hash', () => {
  it('is salted, tells its cost and never the password', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    const [first, second] = await Promise.all([hasher.hash('Correct-1'), hasher.hash('Correct-1')]);
    assert.notEqual(first, second);
    assert.match(first ?? '', /^scrypt\$4\$8\$1\$/);
    assert.equal(await hasher.verify('Correct-1', first), true);
    assert.equal(await hasher.verify('correct-1', first), false);
  });

  it('is verified after the default cost was raised', async () => {
    const stored = await new PasswordHasher(systemRandom, cheap).hash('Correct-1');
    assert.equal(
      await new PasswordHasher(systemRandom, { logN: 5, r: 8, p: 1 }).verify('Correct-1', stored),
      true,
    );
  });

  it('is false without a usable hash', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    for (const stored of [undefined, null, '', 'scrypt$4$8$1$AAAA', 'plain'])
      assert.equal(await hasher.verify('x', stored), false);
  });

  it('takes one password in different Unicode forms', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    assert.equal(await hasher.verify('Cafe\u0301-1234', await hasher.hash('Caf\u00e9-1234')), true);
  });

  it('refuses with 429 when more wait than it will serve', async () => {
    const hasher = new PasswordHasher(systemRandom, cheap);
    const attempts = await Promise.allSettled(Array.from({ length: 80 }, () => hasher.verify('x', null)));
    const refused = attempts.filter((attempt) => attempt.status === 'rejected');
    assert.ok(refused.length > 0 && refused.length < 80);
    for (const { reason } of refused) assert.ok(reason instanceof ServiceError && reason.status === 429);
    assert.equal(await hasher.verify('x', null), false, 'and serves again afterwards');
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
