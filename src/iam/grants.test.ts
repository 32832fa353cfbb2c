import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { migrations } from './index.ts';

type Fields = Readonly<Record<string, string | boolean | number | null>>;

describeOnEachDatabase('policies and grants', migrations, (open) => {
  test('custom policies, as the Terraform provider makes them', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const url = '/v3.0/OS-ROLE/roles';
    const policy = {
      Version: '1.1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['pca:ca:get'],
          Resource: ['pca:*:*:ca:*'],
          Condition: { Bool: { 'g:MFAPresent': ['true'] } },
        },
      ],
    };
    const role = { display_name: 'readers', type: 'AX', description: 'd', policy };
    const made = await call<{ role: Fields & { policy: object } }>(acme, 201, ['POST', url, { role }]);
    assert.deepEqual(made.role.policy, policy);
    assert.deepEqual(
      [made.role.catalog, made.role.domain_id, made.role.references],
      ['CUSTOMED', acme.account.accountId, 0],
    );
    const one = `${url}/${made.role.id}`;
    const identityPolicy = { Version: '5.0', Statement: [{ Effect: 'Deny', NotAction: ['iam:*'] }] };
    const updated = await call<{ role: { policy: object; display_name: string } }>(acme, 200, [
      'PATCH',
      one,
      { role: { ...role, policy: identityPolicy } },
    ]);
    assert.deepEqual(updated.role.policy, identityPolicy);
    await call(acme, 409, ['POST', url, { role }]);
    await call(acme, 409, ['POST', url, { role: { ...role, display_name: 'PCA FullAccess' } }]);
    const broken = {
      Version: '1.1',
      Statement: [{ Effect: 'Allow', Action: ['pca:ca:get'], Condition: { Nope: { a: ['b'] } } }],
    };
    const { error } = await call<{ error: { message: string } }>(acme, 400, [
      'POST',
      url,
      { role: { ...role, display_name: 'x', policy: broken } },
    ]);
    assert.match(error.message, /Condition operator Nope is unknown/);

    const { roles } = await call<{ roles: Fields[] }>(acme, 200, ['GET', '/v3/roles']);
    for (const name of [
      'PCA FullAccess',
      'PCA ReadOnlyAccess',
      'SCM FullAccess',
      'SCM ReadOnlyAccess',
      'KMS Administrator',
      'KMS CMKFullAccess',
      'KMS CMKReadOnlyAccess',
      'Tenant Administrator',
      'Tenant Guest',
      'Security Administrator',
    ])
      assert.ok(
        roles.some((system) => system.display_name === name),
        name,
      );
    const custom = await call<{ roles: Fields[] }>(acme, 200, [
      'GET',
      `/v3/roles?domain_id=${acme.account.accountId}`,
    ]);
    assert.deepEqual(
      custom.roles.map((found) => found.display_name),
      ['readers'],
    );
    assert.equal(
      (await call<{ roles: Fields[] }>(globex, 200, ['GET', `/v3/roles?domain_id=${acme.account.accountId}`]))
        .roles.length,
      0,
    );
    assert.equal(
      (await call<{ roles: Fields[] }>(acme, 200, ['GET', '/v3/roles?catalog=PCA&permission_type=policy']))
        .roles.length,
      4,
    );
    const systemId = roles[0]!.id;
    await call(acme, 403, ['DELETE', `${url}/${systemId}`]);
    await call(acme, 403, ['PATCH', `${url}/${systemId}`, { role: { description: 'x' } }]);
    for (const method of ['GET', 'DELETE'] as const) await call(globex, 404, [method, one]);
    await call(globex, 404, ['GET', `/v3/roles/${made.role.id}`]);
    await call(acme, 200, ['DELETE', one]);
    await call(acme, 404, ['GET', one]);
  });

  test('role assignments in every place: granted, seen, checked, revoked', async () => {
    const { acme, globex, call } = await createTestIdentity(await open());
    const { group } = await call<{ group: Fields }>(acme, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'g' } },
    ]);
    const { user } = await call<{ user: Fields }>(acme, 201, ['POST', '/v3/users', { user: { name: 'u' } }]);
    const { agency } = await call<{ agency: Fields }>(acme, 201, [
      'POST',
      '/v3.0/OS-AGENCY/agencies',
      { agency: { name: 'a', trust_domain_name: 'op_svc_pca' } },
    ]);
    const { enterprise_project: department } = await call<{ enterprise_project: Fields }>(acme, 201, [
      'POST',
      '/v1.0/enterprise-projects',
      { name: 'd' },
    ]);
    const { roles } = await call<{ roles: Fields[] }>(acme, 200, [
      'GET',
      '/v3/roles?display_name=KMS%20Administrator',
    ]);
    const { accountId, projectId } = acme.account;
    const roleId = roles[0]!.id;
    const families = [
      [`/v3/domains/${accountId}/groups/${group.id}/roles`, ''],
      [`/v3/projects/${projectId}/groups/${group.id}/roles`, ''],
      [`/v3/OS-INHERIT/domains/${accountId}/groups/${group.id}/roles`, '/inherited_to_projects'],
      [`/v3.0/OS-PERMISSION/enterprise-projects/${department.id}/groups/${group.id}/roles`, ''],
      [`/v3.0/OS-PERMISSION/enterprise-projects/${department.id}/users/${user.id}/roles`, ''],
      [`/v3.0/OS-AGENCY/domains/${accountId}/agencies/${agency.id}/roles`, ''],
      [`/v3.0/OS-AGENCY/projects/${projectId}/agencies/${agency.id}/roles`, ''],
      [`/v3.0/OS-INHERIT/domains/${accountId}/agencies/${agency.id}/roles`, '/inherited_to_projects'],
    ] as const;
    for (const [base, suffix] of families) {
      const one = `${base}/${roleId}${suffix}`;
      await call(acme, 404, ['HEAD', one]);
      for (let twice = 0; twice < 2; twice++) await call(acme, 204, ['PUT', one]);
      await call(acme, 204, ['HEAD', one]);
      const listed = await call<{ roles: Fields[] }>(acme, 200, ['GET', `${base}${suffix}`]);
      assert.deepEqual(
        listed.roles.map((role) => role.display_name),
        ['KMS Administrator'],
        base,
      );
      await call(globex, 404, ['PUT', one]);
      await call(globex, 404, ['DELETE', one]);
    }
    const path = '/v3.0/OS-PERMISSION/role-assignments';
    const all = await call<{ total_num: number; role_assignments: { is_inherited: boolean }[] }>(acme, 200, [
      'GET',
      path,
    ]);
    assert.equal(all.total_num, families.length);
    assert.equal(all.role_assignments.filter((assignment) => assignment.is_inherited).length, 2);
    const paged: unknown[] = [];
    for (let page = 1; page <= families.length + 1; page++) {
      const answer = await call<typeof all>(acme, 200, ['GET', `${path}?per_page=1&page=${page}`]);
      assert.equal(answer.total_num, families.length);
      assert.equal(answer.role_assignments.length, page <= families.length ? 1 : 0, `page ${page}`);
      paged.push(...answer.role_assignments);
    }
    assert.deepEqual(paged, all.role_assignments);
    const ofGroup = await call<{ total_num: number }>(acme, 200, [
      'GET',
      `${path}?subject.group_id=${group.id}&scope.domain_id=${accountId}`,
    ]);
    assert.equal(ofGroup.total_num, 2);
    assert.equal((await call<{ total_num: number }>(globex, 200, ['GET', path])).total_num, 0);
    for (const [base, suffix] of families) {
      await call(acme, 204, ['DELETE', `${base}/${roleId}${suffix}`]);
      await call(acme, 404, ['DELETE', `${base}/${roleId}${suffix}`]);
    }
    const subject = '/v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments';
    const body = {
      role_assignments: [{ agency_id: agency.id, enterprise_project_id: department.id, role_id: roleId }],
    };
    await call(acme, 200, ['PUT', subject, body]);
    await call(acme, 204, ['DELETE', subject, body]);
    await call(acme, 404, ['PUT', `/v3/domains/${accountId}/groups/${group.id}/roles/unknown`]);
    await call(acme, 404, [
      'PUT',
      `/v3/domains/${globex.account.accountId}/groups/${group.id}/roles/${roleId}`,
    ]);
    await call(acme, 404, [
      'PUT',
      `/v3/projects/${globex.account.projectId}/groups/${group.id}/roles/${roleId}`,
    ]);
  });
});
