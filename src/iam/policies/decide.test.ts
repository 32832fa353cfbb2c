import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessRequest } from '../actor.ts';
import { compilePolicy } from './compile-policy.ts';
import { type Decision, decide } from './decide.ts';
import { parsePolicyDocument } from './policy-document.ts';

const allow = { Effect: 'Allow', Action: '*' };

const policy = (...statements: object[]) => ({ Version: '5.0', Statement: statements });

function decideWith(documents: readonly object[], request: AccessRequest): Decision {
  const grants = documents.map((document) => ({
    scope: { kind: 'account' } as const,
    policyId: 'test',
    policyName: 'test',
    statements: compilePolicy(parsePolicyDocument(document)),
  }));
  return decide(grants, request, {
    projectId: undefined,
    callerConditions: () => ({ 'g:UserName': 'alice' }),
  });
}

test('takes a resource by any of its names for an Allow, and by each for a Deny', () => {
  const [owners, own] = ['pca:*:owner:ca:1', 'pca:*:own:ca:1'];
  const shared: AccessRequest = { action: 'pca:ca:issueCert', resource: owners, resourceAlias: own };
  const deciding = (Effect: string, rest: object) =>
    decideWith([policy(allow), policy({ Effect, Action: '*', ...rest })], shared);
  for (const name of [owners, own]) {
    assert.equal(deciding('Deny', { Resource: [name] }), 'denied explicitly');
    assert.equal(deciding('Deny', { NotResource: [name] }), 'denied explicitly');
    assert.equal(decideWith([policy({ ...allow, Resource: [name] })], shared), 'allowed');
    assert.equal(decideWith([policy({ ...allow, NotResource: [name] })], shared), 'not allowed');
  }
  assert.equal(deciding('Deny', { NotResource: [owners, own] }), 'allowed');
  assert.equal(deciding('Deny', { Resource: ['pca:*:own:ca:2'] }), 'allowed');
});

test('judges a condition key that may have any value against the caller', () => {
  const openConditions = ['pca:SubjectNames', 'pca:CommonName'];
  const any: AccessRequest = {
    action: 'pca:ca:issueCert',
    openConditions,
    conditions: { 'pca:SubjectNames': ['DNS:a.test'] },
  };
  for (const Condition of [
    { StringLike: { 'pca:SubjectNames': ['*.test'] } },
    { StringNotLike: { 'PCA:CommonName': ['*.other'] } },
    { 'ForAllValues:StringLikeIfExists': { 'pca:SubjectNames': ['*'] } },
    { Null: { 'pca:CommonName': ['true'] } },
    { Null: { 'pca:CommonName': ['false'] } },
  ]) {
    assert.equal(decideWith([policy({ ...allow, Condition })], any), 'not allowed');
    const denying = policy(allow, { Effect: 'Deny', Action: '*', Condition });
    assert.equal(decideWith([denying], any), 'denied explicitly');
  }
  // What else a condition asks for is known.
  const elsewhere = {
    StringLike: { 'pca:SubjectNames': ['*'] },
    StringEquals: { 'g:UserName': ['bob'] },
  };
  const denying = policy(allow, { Effect: 'Deny', Action: '*', Condition: elsewhere });
  assert.equal(decideWith([denying], any), 'allowed');
});

test('denies what takes too many comparisons, and nothing that people write', () => {
  const longNames = Array.from({ length: 20 }, (_, index) => `DNS:*.${'a.'.repeat(120)}${index}`);
  const about = (names: readonly string[]): AccessRequest => ({
    action: 'pca:ca:issueCert',
    conditions: { 'pca:SubjectNames': names },
  });
  const denying = (patterns: readonly string[]) =>
    policy({ Effect: 'Deny', Action: '*', Condition: { StringLike: { 'pca:SubjectNames': patterns } } });
  const many = Array.from({ length: 400 }, (_, index) => `*?x${index}`);
  assert.equal(decideWith([policy(allow)], about(longNames)), 'allowed');
  assert.equal(decideWith([policy(allow), denying(many)], about(longNames)), 'denied explicitly');
  // Another decision has a budget of its own.
  assert.equal(decideWith([policy(allow), denying(['*.bank'])], about(longNames)), 'allowed');
  const names = Array.from({ length: 20 }, (_, index) => `DNS:*.service-${index}.region.example.com`);
  const ordinary = Array.from({ length: 100 }, (_, index) => `*.team-${index}.example.org`);
  assert.equal(decideWith([policy(allow), denying(ordinary)], about(names)), 'allowed');
});

test('takes at most a twentieth of a second for hostile policies and names', () => {
  const hostileNames = {
    wildcards: Array.from({ length: 20 }, (_, index) => `DNS:*.${'a.'.repeat(120)}${index}`),
    mailboxes: Array.from({ length: 20 }, (_, index) => `EMAIL:a@${'a.'.repeat(110)}${index}`),
    ligatures: Array.from({ length: 20 }, (_, index) => `UPN:${'\ufdfa'.repeat(200)}${index}@x`),
    addresses: Array.from({ length: 20 }, (_, index) => `URI:https://${'a.'.repeat(110)}x/${index}`),
  };
  const hostilePatterns = [
    Array.from({ length: 900 }, () => '*b'),
    Array.from({ length: 500 }, () => '?*?*?b'),
    Array.from({ length: 300 }, () => 'URI:*://*/*b'),
    [`*${'a*'.repeat(2_800)}c`],
  ];
  for (const patterns of hostilePatterns)
    for (const [what, names] of Object.entries(hostileNames))
      for (const [Effect, operator] of [
        ['Deny', 'StringLike'],
        ['Deny', 'StringEndWith'],
        ['Allow', 'StringNotLike'],
      ] as const) {
        if (operator === 'StringEndWith' && patterns[0]!.startsWith('URI')) continue;
        const Condition = { [operator]: { 'pca:SubjectNames': patterns } };
        const documents = [policy({ Effect, Action: '*', Condition })];
        const request = { action: 'pca:ca:issueCert', conditions: { 'pca:SubjectNames': names } };
        const least = leastMilliseconds(() => decideWith(documents, request));
        // Twice the promise, for slow machines.
        assert.ok(least < 100, `${patterns[0]!.slice(0, 12)} ${operator} ${what}: ${least} ms`);
      }
});

/** Returns the processor time in ms, the least of three runs, since collections disturb the others. */
function leastMilliseconds(work: () => void): number {
  const tries = [1, 2, 3].map(() => {
    const { user: before } = process.threadCpuUsage();
    work();
    return (process.threadCpuUsage().user - before) / 1_000;
  });
  return Math.min(...tries);
}
