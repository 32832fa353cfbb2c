import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccessRequest } from '../actor.ts';
import { compilePolicy } from './compile-policy.ts';
import { type Decision, decide, type GrantScope } from './decide.ts';
import { compileGlob } from './glob.ts';
import { MalformedPolicy, parsePolicyDocument } from './policy-document.ts';
import { findSystemPolicyByName, systemPolicies } from './system-policies.ts';

type Conditions = NonNullable<AccessRequest['conditions']>;

function decideWith(
  documents: readonly unknown[],
  request: AccessRequest,
  scope: GrantScope = { kind: 'account' },
  projectId?: string,
): Decision {
  const grants = documents.map((document) => ({
    scope,
    policyId: 'test',
    policyName: 'test',
    statements: compilePolicy(parsePolicyDocument(document)),
  }));
  const callerConditions = () => ({ 'g:SourceIp': '10.1.2.3', 'g:UserName': 'alice' });
  return decide(grants, request, { projectId, callerConditions });
}

function policy(...statements: object[]): object {
  return { Version: '5.0', Statement: statements };
}

function allow(action: string | string[], rest: object = {}): object {
  return { Effect: 'Allow', Action: action, ...rest };
}

function conditionHolds(condition: object, conditions: Conditions): boolean {
  const document = policy(allow('pca:ca:issueCert', { Condition: condition }));
  return decideWith([document], { action: 'pca:ca:issueCert', conditions }) === 'allowed';
}

describe('policy decision', () => {
  const issue: AccessRequest = { action: 'pca:ca:issueCert', resource: 'pca:cn-north-4:acc:ca:1234' };

  it('allows nothing without a policy', () => {
    assert.equal(decideWith([], issue), 'not allowed');
  });

  it('follows both grammars', () => {
    for (const Version of ['1.0', '1.1', '5.0'])
      assert.equal(decideWith([{ Version, Statement: [allow(['pca:ca:*'])] }], issue), 'allowed');
  });

  it('lets a deny win, in whatever order', () => {
    const deny = policy({ Effect: 'Deny', Action: ['pca:ca:issueCert'] });
    const grant = policy(allow('*'));
    assert.equal(decideWith([grant, deny], issue), 'denied explicitly');
    assert.equal(decideWith([deny, grant], issue), 'denied explicitly');
    assert.equal(decideWith([deny, grant], { action: 'pca:ca:get' }), 'allowed');
  });

  it('takes any name of an action, in an allow and in a deny, in any case', () => {
    const request = { action: 'pca:ca:activate', aliases: ['pca:ca:active'] };
    assert.equal(decideWith([policy(allow('pca:ca:active'))], request), 'allowed');
    assert.equal(decideWith([policy(allow('PCA:CA:Activ?te'))], request), 'allowed');
    const denied = [policy(allow('pca:*:*'), { Effect: 'Deny', Action: 'pca:ca:active' })];
    assert.equal(decideWith(denied, request), 'denied explicitly');
  });

  it('leaves an action out of NotAction under all its names, whichever of them is listed', () => {
    const exportKey = { action: 'scm:cert:export', aliases: ['scm:cert:download'] };
    for (const NotAction of ['scm:cert:export', 'scm:cert:download', 'SCM:Cert:Down*']) {
      const allowing = policy({ Effect: 'Allow', NotAction });
      assert.equal(decideWith([allowing], exportKey), 'not allowed', NotAction);
      assert.equal(decideWith([allowing], { action: 'scm:cert:get' }), 'allowed', NotAction);
      const denying = policy(allow('*'), { Effect: 'Deny', NotAction });
      assert.equal(decideWith([denying], exportKey), 'allowed', NotAction);
      assert.equal(decideWith([denying], { action: 'scm:cert:get' }), 'denied explicitly', NotAction);
    }
  });

  it('matches actions with an empty type', () => {
    for (const action of ['scm::listCsr', 'scm:*', 'scm:*:*', 'scm::list*'])
      assert.equal(decideWith([policy(allow(action))], { action: 'scm::listCsr' }), 'allowed', action);
  });

  it('matches resources with wildcards', () => {
    const on = (Resource: unknown, request = issue) =>
      decideWith([policy(allow('pca:ca:*', { Resource }))], request);
    assert.equal(on('pca:*:*:ca:1234'), 'allowed');
    assert.equal(on(['pca:*:*:ca:*']), 'allowed');
    assert.equal(on(['pca:*:*:ca:12?4']), 'allowed');
    assert.equal(on(['pca:*:*:ca:9*', '*']), 'allowed');
    assert.equal(on(['pca:*:*:ca:9*']), 'not allowed');
    assert.equal(on({ uri: ['pca:*:*:ca:1234'] }), 'allowed');
  });

  it('knows a resource whatever region a policy names and however it writes the service', () => {
    const request = { action: 'kms:cmk:get', resource: 'kms:*:acc:KeyId:1234' };
    const denied = (Resource: string) =>
      decideWith([policy(allow('*'), { Effect: 'Deny', Action: '*', Resource })], request);
    for (const Resource of ['kms:cn-north-4:acc:KeyId:1234', 'KMS:*:*:KeyId:12*', 'kms:cn-*:*:*:*', 'kms:*'])
      assert.equal(denied(Resource), 'denied explicitly', Resource);
    for (const Resource of [
      'kms:cn-north-4:other:KeyId:1234',
      'kms:cn-north-4:*:KeyId:9',
      'pca:*:*:KeyId:1234',
    ])
      assert.equal(denied(Resource), 'allowed', Resource);
  });

  it('takes an action without a resource as one about the whole service', () => {
    const on = (Resource: unknown) =>
      decideWith([policy(allow('pca:ca:*', { Resource }))], { action: 'pca:ca:quota' });
    assert.equal(on('*'), 'allowed');
    assert.equal(on('pca:*:*:*:*'), 'allowed');
    assert.equal(on('pca:*:*:ca:*'), 'not allowed');
    assert.equal(on('pca:*:*:ca:1234'), 'not allowed');
  });

  it('takes all of a service for the actions of that service only', () => {
    const quota = { action: 'pca:ca:quota' };
    for (const Resource of ['kms:*:*:*:*', 'obs:*', ':*', 'kms:*:*:*', 'k*:*', '*-x:*', 'PC:*']) {
      const statement = { Effect: 'Allow', Action: '*' };
      for (const request of [quota, issue]) {
        assert.equal(decideWith([policy({ ...statement, Resource })], request), 'not allowed', Resource);
        const excluding = policy({ ...statement, NotResource: Resource });
        assert.equal(decideWith([excluding], request), 'allowed', Resource);
      }
    }
    for (const Resource of ['*', 'pca:*', 'PCA:*:*:*:*', 'p*:*:*', '*:*:*:*:*']) {
      assert.equal(decideWith([policy(allow('*', { Resource }))], quota), 'allowed', Resource);
      const excluding = (Effect: string) => policy({ Effect, Action: '*', NotResource: Resource });
      assert.equal(decideWith([excluding('Allow')], quota), 'not allowed', Resource);
      assert.equal(decideWith([excluding('Allow')], issue), 'not allowed', Resource);
      assert.equal(decideWith([policy(allow('*')), excluding('Deny')], quota), 'allowed', Resource);
    }
    const byOtherName = { action: 'bss:order:view', aliases: ['billing:order:view'] };
    assert.equal(decideWith([policy(allow('*', { Resource: 'billing:*:*:*:*' }))], byOtherName), 'allowed');
  });

  it('denies what has no resource where all but some resources are denied', () => {
    const denying = policy(allow('*'), { Effect: 'Deny', Action: '*', NotResource: 'pca:*:*:ca:1234' });
    assert.equal(decideWith([denying], { action: 'pca:ca:quota' }), 'denied explicitly');
    assert.equal(decideWith([denying], issue), 'allowed');
  });

  it('understands NotAction and NotResource in 5.0 only', () => {
    const document = policy({ Effect: 'Allow', NotAction: ['iam:*'], NotResource: ['pca:*:*:ca:1234'] });
    assert.equal(decideWith([document], { ...issue, resource: 'pca:r:a:ca:9' }), 'allowed');
    assert.equal(decideWith([document], issue), 'not allowed');
    assert.equal(decideWith([document], { action: 'iam:users:listUsers' }), 'not allowed');
    const old = { Version: '1.1', Statement: [{ Effect: 'Allow', NotAction: ['iam:*'] }] };
    assert.throws(() => parsePolicyDocument(old), MalformedPolicy);
  });

  it('counts a grant only in its scope', () => {
    const grant = [policy(allow('*'))];
    const project: GrantScope = { kind: 'project', projectId: 'p1' };
    assert.equal(decideWith(grant, issue, project, 'p1'), 'allowed');
    assert.equal(decideWith(grant, issue, project, 'p2'), 'not allowed');
    assert.equal(decideWith(grant, issue, project), 'not allowed');
    assert.equal(decideWith(grant, { ...issue, projectId: 'p1' }, project), 'allowed');
    const enterprise: GrantScope = { kind: 'enterprise-project', enterpriseProjectId: 'e1' };
    assert.equal(
      decideWith(grant, { ...issue, conditions: { 'g:EnterpriseProjectId': 'e1' } }, enterprise),
      'allowed',
    );
    assert.equal(
      decideWith(grant, { ...issue, conditions: { 'g:EnterpriseProjectId': '0' } }, enterprise),
      'not allowed',
    );
    assert.equal(decideWith(grant, issue, enterprise), 'not allowed');
  });

  it('counts a denial unless the request is about something outside its scope', () => {
    const all = { scope: { kind: 'account' } as const, policyId: 'a', policyName: 'a' };
    const decideIn = (scope: GrantScope, request: AccessRequest, projectId?: string) =>
      decide(
        [
          { ...all, statements: compilePolicy(parsePolicyDocument(policy(allow('*')))) },
          { ...all, scope, statements: compilePolicy(parsePolicyDocument(policy(denyAll))) },
        ],
        request,
        { projectId, callerConditions: () => ({}) },
      );
    const denyAll = { Effect: 'Deny', Action: '*' };
    const project: GrantScope = { kind: 'project', projectId: 'p1' };
    for (const credentials of [undefined, 'p1', 'p2']) {
      assert.equal(decideIn(project, issue, credentials), 'denied explicitly');
      assert.equal(decideIn(project, { ...issue, projectId: 'p1' }, credentials), 'denied explicitly');
      assert.equal(decideIn(project, { ...issue, projectId: 'p2' }, credentials), 'allowed');
    }
    const enterprise: GrantScope = { kind: 'enterprise-project', enterpriseProjectId: 'e1' };
    const about = (id: string | undefined) => ({ ...issue, conditions: { 'g:EnterpriseProjectId': id } });
    assert.equal(decideIn(enterprise, issue), 'denied explicitly');
    assert.equal(decideIn(enterprise, about(undefined)), 'denied explicitly');
    assert.equal(decideIn(enterprise, about('e1')), 'denied explicitly');
    assert.equal(decideIn(enterprise, about('0')), 'allowed');
  });
});

describe('policy conditions', () => {
  it('string operators', () => {
    const holds = (operator: string, expected: string | string[], actual: string | undefined) =>
      conditionHolds({ [operator]: { 'pca:CommonName': expected } }, { 'pca:CommonName': actual });
    assert.equal(holds('StringEquals', ['a.test', 'b.test'], 'b.test'), true);
    assert.equal(holds('StringEquals', 'a.test', 'A.test'), false);
    assert.equal(holds('StringEqualsIgnoreCase', 'a.test', 'A.test'), true);
    assert.equal(holds('StringNotEquals', ['a.test', 'b.test'], 'b.test'), false);
    assert.equal(holds('StringNotEquals', 'a.test', 'c.test'), true);
    for (const operator of ['StringLike', 'StringMatch', 'stringlike']) {
      assert.equal(holds(operator, '*.corp.test', 'www.corp.test'), true);
      assert.equal(holds(operator, '*.corp.test', 'www.other.test'), false);
    }
    assert.equal(holds('StringNotLike', '*.corp.test', 'www.corp.test'), false);
    assert.equal(holds('StringStartWith', 'www.', 'www.corp.test'), true);
    assert.equal(holds('StringEndWith', '.test', 'www.corp.test'), true);
    assert.equal(holds('StringNotEndWith', '.test', 'www.corp.test'), false);
  });

  it('an absent key fails, except with IfExists and negated operators', () => {
    const absent = (operator: string) => conditionHolds({ [operator]: { 'g:ResourceTag/env': 'prod' } }, {});
    assert.equal(absent('StringEquals'), false);
    assert.equal(absent('StringEqualsIfExists'), true);
    assert.equal(absent('StringNotEquals'), true);
    assert.equal(absent('ForAllValues:StringEquals'), true);
    assert.equal(absent('ForAnyValue:StringEquals'), false);
    assert.equal(absent('ForAnyValue:StringNotEquals'), false);
  });

  it('ForAllValues and ForAnyValue', () => {
    const holds = (operator: string, actual: string[]) =>
      conditionHolds({ [operator]: { 'g:TagKeys': ['env', 'team'] } }, { 'g:TagKeys': actual });
    assert.equal(holds('ForAllValues:StringEquals', ['env', 'team']), true);
    assert.equal(holds('ForAllValues:StringEquals', ['env', 'cost']), false);
    assert.equal(holds('ForAnyValue:StringEquals', ['env', 'cost']), true);
    assert.equal(holds('ForAnyValue:StringEquals', ['cost']), false);
    assert.equal(holds('ForAnyValue:StringNotEquals', ['env', 'cost']), true);
    assert.equal(holds('ForAllValues:StringNotEquals', ['env', 'cost']), false);
  });

  it('tag keys keep their case, key names do not', () => {
    const condition = { StringEquals: { 'G:resourcetag/Env': 'prod' } };
    assert.equal(conditionHolds(condition, { 'g:ResourceTag/Env': 'prod' }), true);
    assert.equal(conditionHolds(condition, { 'g:ResourceTag/env': 'prod' }), false);
    assert.equal(
      conditionHolds({ StringEquals: { 'g:RequestTag/a': 'b' } }, { 'g:RequestTag/a': 'b' }),
      true,
    );
    assert.equal(
      conditionHolds({ StringEquals: { 'g:EnterpriseProjectId': '0' } }, { 'g:EnterpriseProjectId': '0' }),
      true,
    );
  });

  it('numbers, dates, booleans, addresses, null', () => {
    const holds = (operator: string, expected: unknown, actual: string | undefined) =>
      conditionHolds({ [operator]: { key: expected } }, { key: actual });
    assert.equal(holds('NumericLessThan', 10, '9'), true);
    assert.equal(holds('NumberLessThan', '10', '10'), false);
    assert.equal(holds('NumericGreaterThanEquals', '10', '10'), true);
    assert.equal(holds('NumericEquals', '10', 'ten'), false);
    assert.equal(holds('DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z'), true);
    assert.equal(holds('DateGreaterThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z'), false);
    assert.equal(holds('Bool', true, 'true'), true);
    assert.equal(holds('Bool', 'false', 'true'), false);
    assert.equal(holds('Null', 'true', undefined), true);
    assert.equal(holds('Null', 'true', 'x'), false);
    assert.equal(holds('Null', 'false', 'x'), true);
    assert.equal(holds('IsNullOrEmpty', 'true', ''), true);
    assert.equal(conditionHolds({ IpAddress: { 'g:SourceIp': ['10.0.0.0/8'] } }, {}), true);
    assert.equal(conditionHolds({ NotIpAddress: { 'g:SourceIp': '10.0.0.0/8' } }, {}), false);
    assert.equal(conditionHolds({ IpAddress: { 'g:SourceIp': '192.168.0.0/16' } }, {}), false);
    assert.equal(conditionHolds({ IpAddress: { 'g:SourceIp': '2001:db8::/32' } }, {}), false);
    assert.equal(conditionHolds({ StringEquals: { 'g:UserName': 'alice' } }, {}), true);
  });

  it('every operator and every key must hold', () => {
    const condition = { StringEquals: { a: '1', b: '2' }, StringLike: { c: '3*' } };
    assert.equal(conditionHolds(condition, { a: '1', b: '2', c: '33' }), true);
    assert.equal(conditionHolds(condition, { a: '1', b: '2', c: '4' }), false);
    assert.equal(conditionHolds(condition, { a: '1', b: 'x', c: '3' }), false);
  });
});

describe('policy documents', () => {
  it('are refused when malformed, with the place', () => {
    const statement = { Effect: 'Allow', Action: ['pca:ca:get'] };
    for (const [document, place] of [
      [null, /policy must be/],
      [{ Version: '2.0', Statement: [statement] }, /Version/],
      [{ Version: '1.1', Statement: [] }, /Statement/],
      [{ Version: '1.1', Statement: [{ ...statement, Effect: 'allow' }] }, /Statement\[0\].Effect/],
      [{ Version: '1.1', Statement: [statement, { Effect: 'Allow' }] }, /Statement\[1\].Action/],
      [{ Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['get'] }] }, /"get"/],
      [{ Version: '1.1', Statement: [{ Effect: 'Allow', Action: [1, {}] }] }, /Action/],
      [{ Version: '1.1', Statement: [{ ...statement, Principal: '*' }] }, /Principal/],
      [{ Version: '1.1', Statement: [{ ...statement, Resource: [{}] }] }, /Resource/],
      [{ Version: '1.1', Statement: [{ ...statement, Condition: { StringEquals: 'x' } }] }, /Condition/],
      [{ Version: '1.1', Statement: [{ ...statement, Resource: [] }] }, /Resource must have at least one/],
      [{ Version: '5.0', Statement: [{ ...statement, NotResource: [] }] }, /NotResource must have/],
      [{ Version: '1.1', Statement: [{ ...statement, Resource: { uri: [] } }] }, /Resource.uri must have/],
      [
        { Version: '1.1', Statement: [{ ...statement, Condition: { StringEquals: { a: [] } } }] },
        /StringEquals.a must have/,
      ],
      [{ Version: '1.1', Statement: [statement], Depends: ['x'] }, /Depends/],
      [{ Version: '1.1', Statement: [{ ...statement, Sid: 'x'.repeat(7000) }] }, /6144/],
    ] as const)
      assert.throws(
        () => parsePolicyDocument(document),
        (error) => error instanceof MalformedPolicy && place.test(error.message),
      );
  });

  it('are refused when a condition cannot be evaluated', () => {
    for (const Condition of [
      { StringAlmostEquals: { a: 'b' } },
      { NumericEquals: { a: 'ten' } },
      { Bool: { a: 'perhaps' } },
      { IpAddress: { a: 'here' } },
      { Null: { a: 'x' } },
      { 'ForSomeValues:StringEquals': { a: 'b' } },
    ]) {
      const document = parsePolicyDocument(policy(allow('pca:ca:get', { Condition })));
      assert.throws(() => compilePolicy(document), MalformedPolicy);
    }
  });

  it('keep Depends', () => {
    const Depends = [{ catalog: 'BASE', display_name: 'Tenant Guest' }];
    assert.deepEqual(
      parsePolicyDocument({ Version: '1.0', Statement: [allow('a:b:c')], Depends }).Depends,
      Depends,
    );
  });
});

describe('glob', () => {
  it('agrees with the regular expression of the same meaning', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (glob, input) => {
        const regular = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(compileGlob(glob)(input), regular.test(input));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes hostile patterns in its stride', () => {
    const matches = compileGlob(`${'a*'.repeat(200)}b`);
    assert.equal(matches('a'.repeat(5000)), false);
  });
});

describe('system policies', () => {
  const may = (name: string, action: string) => {
    const found = findSystemPolicyByName(name);
    assert.ok(found, name);
    return decideWith([found.document], { action, resource: 'x:y:z:t:i' }) === 'allowed';
  };

  it('have ids and names of their own and can be evaluated', () => {
    assert.equal(new Set(systemPolicies.map((p) => p.policyId)).size, systemPolicies.length);
    assert.equal(new Set(systemPolicies.map((p) => p.displayName)).size, systemPolicies.length);
    for (const { document } of systemPolicies) compilePolicy(parsePolicyDocument(document));
  });

  it('allow what their names say', () => {
    assert.equal(may('PCA FullAccess', 'pca:ca:issueCert'), true);
    assert.equal(may('PCA FullAccess', 'scm:cert:list'), false);
    assert.equal(may('PCA ReadOnlyAccess', 'pca:ca:get'), true);
    assert.equal(may('PCA ReadOnlyAccess', 'pca:ca:create'), false);
    assert.equal(may('SCM FullAccess', 'scm::createCsr'), true);
    assert.equal(may('SCM ReadOnlyAccess', 'scm:cert:list'), true);
    assert.equal(may('KMS CMKFullAccess', 'kms:cmk:create'), true);
    assert.equal(may('KMS CMKReadOnlyAccess', 'kms:cmk:get'), true);
    assert.equal(may('te_admin', 'kms:cmk:create'), true);
    assert.equal(may('te_admin', 'iam:users:createUser'), false);
    assert.equal(may('Security Administrator', 'iam:users:createUser'), true);
    assert.equal(may('Tenant Guest', 'scm:cert:get'), true);
  });

  it('give no private key to readers', () => {
    for (const name of ['PCA ReadOnlyAccess', 'SCM ReadOnlyAccess', 'KMS CMKReadOnlyAccess', 'Tenant Guest'])
      for (const action of [
        'pca:cert:export',
        'scm:cert:export',
        'scm::getCsrPrivateKey',
        'kms:accessPoint:getPrivateKey',
      ])
        assert.equal(may(name, action), false, `${name} ${action}`);
  });
});
