import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessRequest } from '../../src/iam/actor.ts';
import { type CompiledStatement, compilePolicy } from '../../src/iam/policies/compile-policy.ts';
import { type Decision, decide, type Grant, type GrantScope } from '../../src/iam/policies/decide.ts';
import { parsePolicyDocument } from '../../src/iam/policies/policy-document.ts';
import { type ActionNames, permissionTable } from '../support/permission-table.ts';

const scopes: readonly GrantScope[] = [
  { kind: 'account' },
  { kind: 'project', projectId: 'p1' },
  { kind: 'enterprise-project', enterpriseProjectId: 'e1' },
];
/** The project that a credential is of, if any. */
const credentials = [undefined, 'p1', 'p2'];

/** Every form of request for the action that may be within all scopes above. */
function requestsFor([action, ...aliases]: ActionNames): AccessRequest[] {
  const service = action.slice(0, action.indexOf(':'));
  const requests: AccessRequest[] = [];
  for (const resource of [undefined, `${service}:*:acc:type:id`])
    for (const projectId of [undefined, 'p1'])
      for (const enterpriseProjectId of [undefined, 'e1'])
        requests.push({
          action,
          aliases,
          conditions: { 'g:EnterpriseProjectId': enterpriseProjectId },
          ...(resource && { resource }),
          ...(projectId && { projectId }),
        });
  return requests;
}

function compile(...statements: object[]): readonly CompiledStatement[] {
  return compilePolicy(parsePolicyDocument({ Version: '5.0', Statement: statements }));
}

/** Every way of writing a Deny of this name. */
function denialsOf(name: string): (readonly CompiledStatement[])[] {
  const service = name.slice(0, name.indexOf(':'));
  const actions = [
    ...[name, name.toUpperCase(), `${service}:*`, `${name.slice(0, -1)}?`, '*'].map((Action) => ({ Action })),
    { NotAction: ['other:thing:get', `${name}s`] },
  ];
  const resources = [
    {},
    { Resource: '*' },
    { Resource: [`${service}:*:*:*:*`] },
    { Resource: `${service.toUpperCase()}:*` },
    { NotResource: [`${service}:*:*:type:other`, 'other:*:*:*:*'] },
  ];
  return actions.flatMap((action) =>
    resources.map((resource) => compile({ Effect: 'Deny', ...action, ...resource })),
  );
}

const grant = (scope: GrantScope, statements: readonly CompiledStatement[]): Grant => ({
  scope,
  policyId: 'test',
  policyName: 'test',
  statements,
});
const everything = scopes.map((scope) => grant(scope, compile({ Effect: 'Allow', Action: '*' })));

const decideWith = (grants: readonly Grant[], request: AccessRequest, projectId?: string): Decision =>
  decide(grants, request, { projectId, callerConditions: () => ({}) });

test('the table has every service, and no action twice', () => {
  const services = new Set(permissionTable.map(([action]) => action.slice(0, action.indexOf(':'))));
  assert.deepEqual([...services].sort(), ['bss', 'cts', 'eps', 'iam', 'kms', 'obs', 'pca', 'scm']);
  assert.ok(permissionTable.length > 150);
});

test('of every action, by every name, in every scope and with every credential an explicit Deny wins', () => {
  let decisions = 0;
  for (const names of permissionTable)
    for (const name of names)
      for (const statements of denialsOf(name))
        for (const scope of scopes) {
          const denial = grant(scope, statements);
          for (const request of requestsFor(names))
            for (const projectId of credentials)
              for (const grants of [
                [denial, ...everything],
                [...everything, denial],
              ]) {
                decisions += 1;
                const decision = decideWith(grants, request, projectId);
                if (decision !== 'denied explicitly')
                  assert.fail(
                    `${decision}: ${name}, ${scope.kind}, ${projectId}, ${JSON.stringify(request)}`,
                  );
              }
        }
  assert.ok(decisions > 500_000);
});

test('without the Deny, and for what is known to be elsewhere, the same is allowed', () => {
  for (const names of permissionTable) {
    const [account, project, enterpriseProject] = scopes.map((scope) =>
      grant(scope, compile({ Effect: 'Deny', Action: names[0] })),
    ) as [Grant, Grant, Grant];
    for (const request of requestsFor(names)) {
      const elsewhere = { ...request, projectId: 'p2', conditions: { 'g:EnterpriseProjectId': 'e2' } };
      assert.equal(decideWith(everything, request), 'allowed');
      assert.equal(decideWith([...everything, project], elsewhere), 'allowed');
      assert.equal(decideWith([...everything, enterpriseProject], elsewhere), 'allowed');
      assert.equal(decideWith([...everything, account], elsewhere), 'denied explicitly');
    }
  }
});

test('no action is allowed by a NotAction that lists any of its names', () => {
  for (const names of permissionTable)
    for (const name of names)
      for (const NotAction of [name, name.toUpperCase(), `${name.slice(0, -1)}*`]) {
        const grants = scopes.map((scope) => grant(scope, compile({ Effect: 'Allow', NotAction })));
        for (const request of requestsFor(names))
          for (const projectId of credentials)
            assert.equal(decideWith(grants, request, projectId), 'not allowed', `${names}: ${NotAction}`);
      }
});
