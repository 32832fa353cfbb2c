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
