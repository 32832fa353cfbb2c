import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyMapping, type MappingRule, UnusableIdentity } from './mapping.ts';

function rule(name: string, ...types: string[]): MappingRule[] {
  return [{ local: [{ user: { name } }], remote: types.map((type) => ({ type })) }];
}

describe('mapping of claims', () => {
  const person = { sub: 's-1', email: 'alice@corp.test', groups: ['admins', 'staff'] };

  test('substitutes claims and gathers groups of all rules that match', () => {
    const rules: MappingRule[] = [
      { local: [{ user: { name: '{0}' } }, { group: { name: 'everybody' } }], remote: [{ type: 'email' }] },
      { local: [{ group: { name: 'pki-admins' } }], remote: [{ type: 'groups', any_one_of: ['admins'] }] },
      { local: [{ group: { name: 'outsiders' } }], remote: [{ type: 'groups', not_any_of: ['staff'] }] },
      { local: [{ groups: '{0}' }], remote: [{ type: 'groups' }] },
    ];
    assert.deepEqual(applyMapping(rules, person), {
      name: 'alice@corp.test',
      groupNames: ['everybody', 'pki-admins', 'admins', 'staff'],
    });
  });

  test('counts placeholders among claims without a condition, and knows the subject by its other name', () => {
    const remote = [{ type: 'groups', any_one_of: ['staff'] }, { type: '__NAMEID__' }, { type: 'email' }];
    const rules: MappingRule[] = [{ local: [{ user: { name: '{0}/{1}' } }], remote }];
    assert.deepEqual(applyMapping(rules, person), { name: 's-1/alice@corp.test', groupNames: [] });
  });

  for (const [what, rules, claims] of [
    ['no rule that matches', rule('x', 'department'), {}],
    ['an empty claim', rule('{0}', 'email'), { email: '' }],
    ['an empty claim within a name', rule('corp-{0}', 'email'), { email: '' }],
    ['a blank claim', rule('{0}', 'email'), { email: ' ' }],
    ['a claim with several values', rule('{0}', 'email'), { email: ['a', 'b'] }],
    ['several values within a name', rule('corp-{0}', 'email'), { email: ['a', 'b'] }],
    ['a list of nothing', rule('{0}', 'email'), { email: [] }],
    ['an object', rule('{0}', 'email'), { email: { toString: 'root' } }],
    ['null', rule('{0}', 'email'), { email: null }],
    ['a placeholder of no claim', rule('{1}', 'email'), { email: 'al' }],
    ['an inherited member', rule('{0}', 'constructor'), {}],
    ['a NUL', rule('{0}', 'email'), { email: 'al\u0000' }],
    ['an invisible character', rule('{0}', 'email'), { email: 'al\u200b' }],
    ['half a character', rule('{0}', 'email'), { email: 'al\ud800' }],
    ['a space at the end', rule('{0}', 'email'), { email: 'al ' }],
    ['more than 255 characters', rule('{0}', 'email'), { email: 'a'.repeat(256) }],
  ] satisfies [string, MappingRule[], object][])
    test(`refuses a user name from ${what}`, () => {
      assert.throws(() => applyMapping(rules, { sub: 'root', ...claims }), UnusableIdentity);
    });

  test('gives no group from a part of its name', () => {
    const rules: MappingRule[] = [{ local: [{ groups: '{0}-admins' }], remote: [{ type: 'team' }] }];
    assert.deepEqual(applyMapping(rules, { team: '' }).groupNames, []);
    assert.deepEqual(applyMapping(rules, { team: ['a', 'b'] }).groupNames, []);
    assert.deepEqual(applyMapping(rules, { team: 'a' }).groupNames, ['a-admins']);
  });
});
