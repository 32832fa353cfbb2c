import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AccessRequest } from '../actor.ts';
import { compilePolicy } from './compile-policy.ts';
import { Containment } from './contain.ts';
import { findUncovered, liftedDenials } from './cover.ts';
import { decide, type Grant, type GrantScope } from './decide.ts';
import { compileGlob } from './glob.ts';
import { type PolicyStatement, parsePolicyDocument } from './policy-document.ts';
import { findSystemPolicyByName } from './system-policies.ts';

const account: GrantScope = { kind: 'account' };

function grant(statements: readonly object[], scope: GrantScope = account): Grant {
  const document = parsePolicyDocument({ Version: '5.0', Statement: statements });
  return { scope, policyId: 'id', policyName: 'policy', statements: compilePolicy(document) };
}

function allow(action: string | string[], more: object = {}) {
  return { Effect: 'Allow', Action: action, ...more };
}

function deny(action: string | string[], more: object = {}) {
  return { Effect: 'Deny', Action: action, ...more };
}

function system(name: string): Grant {
  const policy = findSystemPolicyByName(name)!;
  return { scope: account, policyId: name, policyName: name, statements: compilePolicy(policy.document) };
}

function isCovered(held: readonly Grant[], given: readonly Grant[]): boolean {
  return findUncovered(held, given) === undefined;
}

const readers = { StringEquals: { 'g:EnterpriseProjectId': ['7'] } };

describe('what covers what', () => {
  test('full access covers every system policy', () => {
    for (const name of ['FullAccess', 'Tenant Administrator', 'Security Administrator', 'SCM FullAccess'])
      assert.ok(isCovered([system('FullAccess')], [system(name)]), name);
    assert.ok(
      isCovered([system('FullAccess')], [grant([allow('*'), { Effect: 'Allow', NotAction: ['iam:*'] }])]),
    );
  });

  test('a security administrator grants what is about identity', () => {
    assert.ok(isCovered([system('Security Administrator')], [system('IAM ReadOnlyAccess')]));
    assert.deepEqual(findUncovered([system('Security Administrator')], [system('FullAccess')]), {
      policyId: 'FullAccess',
      policyName: 'FullAccess',
      action: '*:*:*',
    });
  });

  for (const [what, held, given] of [
    [
      'two statements cover the actions of one',
      [allow('kms:*'), allow('pca:*')],
      [allow(['kms:cmk:get', 'pca:ca:get'])],
    ],
    ['letter case does not matter', [allow('KMS:*:*')], [allow('kms:CMK:get')]],
    ['a pattern within a pattern', [allow('kms:cmk:*')], [allow('kms:cmk:ge?')]],
    [
      'the same condition',
      [allow('kms:*', { Condition: readers })],
      [allow('kms:cmk:get', { Condition: readers })],
    ],
    [
      'all but more is within all but less',
      [{ Effect: 'Allow', NotAction: ['iam:users:*'] }],
      [{ Effect: 'Allow', NotAction: ['iam:*'] }],
    ],
    ['a denial that is kept', [allow('*'), deny('kms:cmk:delete')], [allow('kms:*'), deny('kms:cmk:*')]],
    ['a denial of another service', [allow('*'), deny('kms:cmk:delete')], [allow('pca:*')]],
    [
      'resources of the service',
      [allow('kms:*', { Resource: ['kms:*:*:*:*'] })],
      [allow('kms:*', { Resource: ['kms:*:*:cmk:1'] })],
    ],
  ] as const)
    test(what, () => assert.ok(isCovered([grant(held)], [grant(given)])));

  for (const [what, held, given] of [
    ['nothing covers anything', [deny('kms:*')], [allow('kms:cmk:get')]],
    ['a wider action', [allow('kms:cmk:get')], [allow('kms:cmk:*')]],
    ['another name of the action', [allow('scm:cert:export')], [allow('scm:cert:download')]],
    ['all but some, by some', [allow('kms:*')], [{ Effect: 'Allow', NotAction: ['iam:*'] }]],
    [
      'some, by all but some: it may go by a name that is left out',
      [{ Effect: 'Allow', NotAction: ['scm:cert:export'] }],
      [allow('scm:cert:download')],
    ],
    ['a condition that is dropped', [allow('kms:*', { Condition: readers })], [allow('kms:*')]],
    [
      'a condition on who asks',
      [allow('kms:*', { Condition: { StringEquals: { 'G:username': ['bo'] } } })],
      [allow('kms:*', { Condition: { StringEquals: { 'G:username': ['bo'] } } })],
    ],
    ['a denial that is lost', [allow('*'), deny('kms:cmk:delete')], [allow('kms:*')]],
    ['a denial by another name', [allow('*'), deny('scm:cert:export')], [allow('scm:cert:download')]],
    [
      'a denial that is kept under a condition',
      [allow('*'), deny('kms:cmk:delete')],
      [allow('kms:*'), deny('kms:cmk:delete', { Condition: readers })],
    ],
    [
      'more resources',
      [allow('kms:*', { Resource: ['kms:*:*:cmk:1'] })],
      [allow('kms:*', { Resource: ['kms:*:*:cmk:*'] })],
    ],
    ['requests without a resource', [allow('kms:*', { Resource: ['kms:*:*:cmk:*'] })], [allow('kms:*')]],
  ] as const)
    test(`not: ${what}`, () => assert.ok(!isCovered([grant(held)], [grant(given)])));

  test('what is granted on a project covers that project only', () => {
    const project: GrantScope = { kind: 'project', projectId: 'p' };
    const held = [grant([allow('*')], project)];
    assert.ok(isCovered(held, [grant([allow('kms:*')], project)]));
    assert.ok(!isCovered(held, [grant([allow('kms:*')])]));
    assert.ok(!isCovered(held, [grant([allow('kms:*')], { kind: 'project', projectId: 'q' })]));
    assert.ok(
      !isCovered(
        [grant([allow('*')]), grant([deny('kms:*')])],
        [grant([allow('kms:*'), deny('kms:*')], project)],
      ),
    );
  });

  test('a denial is lifted by who has what it denies', () => {
    const lifted = liftedDenials([grant([allow('pca:*'), deny('kms:cmk:delete', { Condition: readers })])]);
    assert.ok(isCovered([grant([allow('kms:*')])], lifted));
    assert.ok(!isCovered([grant([allow('kms:*'), deny('kms:cmk:delete')])], lifted));
    assert.ok(!isCovered([grant([allow('pca:*')])], lifted));
  });

  test('hostile patterns are refused before they cost much', () => {
    const long = `kms:${'*a'.repeat(1500)}:x`;
    const many = Array.from({ length: 100 }, () => grant([allow(long)]));
    const start = performance.now();
    assert.ok(!isCovered(many, [grant([allow(`kms:${'a'.repeat(2900)}:y`)])]));
    assert.ok(performance.now() - start < 1000);
  });
});

const unit = fc.constantFrom('a', 'b', '*', '?');

test('a pattern that contains another matches all that it matches', () => {
  const pattern = fc.string({ unit, maxLength: 6 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
  fc.assert(
    fc.property(pattern, pattern, text, (wide, narrow, input) => {
      if (!new Containment().pattern(wide, narrow) || !compileGlob(narrow)(input)) return;
      assert.ok(compileGlob(wide)(input), `${wide} contains ${narrow}, but not ${input}`);
    }),
    { numRuns: 5000 },
  );
});

/** Small, so that policies and requests meet often. */
const actions = ['kms:cmk:get', 'kms:cmk:delete', 'kms:dek:get', 'pca:ca:get'];
const action = fc.constantFrom('*', 'kms:*', 'kms:cmk:*', 'kms:?mk:get', '*:*:get', ...actions);
const resource = fc.constantFrom(
  '*',
  'kms:*:*:*:*',
  'KMS:cn-north-4:*:cmk:1',
  'kms:*:*:cmk:*',
  'kms:*:*:cmk:1',
  'pca:*',
);
const list = (entry: fc.Arbitrary<string>) => fc.array(entry, { minLength: 1, maxLength: 3 });
const condition = fc.constantFrom(
  { StringEquals: { 'g:EnterpriseProjectId': ['7'] } },
  { StringNotEquals: { 'g:UserName': ['alice'] } },
  { StringEquals: { 'g:UserName': ['alice'] } },
);
const statement = fc
  .record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      which: fc.constantFrom('Action', 'Action', 'NotAction'),
      actions: list(action),
      whose: fc.constantFrom('Resource', 'NotResource'),
      resources: list(resource),
      Condition: condition,
    },
    { requiredKeys: ['Effect', 'which', 'actions', 'whose'] },
  )
  .map(({ Effect, which, actions: listed, whose, resources, Condition }) => ({
    Effect,
    [which]: listed,
    ...(resources ? { [whose]: resources } : {}),
    ...(Condition ? { Condition } : {}),
  })) as fc.Arbitrary<PolicyStatement>;
const scope = fc.constantFrom<GrantScope>(
  account,
  account,
  { kind: 'project', projectId: 'p' },
  { kind: 'enterprise-project', enterpriseProjectId: '7' },
);
type Part = readonly [PolicyStatement, GrantScope];
const part: fc.Arbitrary<Part> = fc.tuple(statement, scope);
const toGrants = (parts: readonly Part[]) => parts.map(([each, place]) => grant([each], place));
/** Chooses given grants mostly from held ones, or nearly nothing would be covered. */
const heldAndGiven = fc
  .tuple(
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(3), { maxLength: 4 }),
    fc.array(part, { maxLength: 2 }),
  )
  .map(([held, chosen, others]) => ({
    held: toGrants(held),
    given: toGrants([...chosen.flatMap((index) => held.slice(index, index + 1)), ...others]),
  }));
const request: fc.Arbitrary<AccessRequest> = fc
  .record({
    action: fc.constantFrom(...actions),
    alias: fc.option(fc.constantFrom('cmk:other', 'dek:get', 'cmk:get'), { nil: undefined }),
    resource: fc.option(fc.constantFrom('kms:*:acme:cmk:1', 'kms:*:acme:cmk:2', 'pca:*:acme:ca:1'), {
      nil: undefined,
    }),
    projectId: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
    enterpriseProjectId: fc.option(fc.constantFrom('7', '8'), { nil: undefined }),
  })
  .map(({ action: name, alias, resource: about, projectId, enterpriseProjectId }) => ({
    action: name,
    // Names of one action are of one service.
    ...(alias === undefined ? {} : { aliases: [`${name.split(':')[0]}:${alias}`] }),
    ...(about === undefined ? {} : { resource: about }),
    ...(projectId === undefined ? {} : { projectId }),
    conditions: { 'g:EnterpriseProjectId': enterpriseProjectId },
  }));

test('whoever is given what the giver covers may do nothing that the giver may not', () => {
  let met = 0;
  const as = (name: string) => ({
    projectId: undefined,
    callerConditions: () => ({ 'g:UserName': name }),
  });
  const requests = fc.array(request, { minLength: 5, maxLength: 20 });
  fc.assert(
    fc.property(heldAndGiven, requests, ({ held, given }, asked) => {
      if (findUncovered(held, given) !== undefined) return;
      for (const one of asked) {
        if (decide(given, one, as('bo')) !== 'allowed') continue;
        met += 1;
        assert.equal(decide(held, one, as('alice')), 'allowed', JSON.stringify(one));
      }
    }),
    { numRuns: 4000 },
  );
  assert.ok(met > 200, `only ${met} requests were allowed by what was covered`);
});
