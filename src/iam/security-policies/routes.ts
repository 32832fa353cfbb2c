import { type Static, type TObject, Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import { getSecurityPolicy, requireOwnAddress, setSecurityPolicy } from './manage-security-policies.ts';
import {
  addressPolicySchema,
  loginPolicySchema,
  passwordPolicySchema,
  presentAddressPolicy,
  presentLoginPolicy,
  presentPasswordPolicy,
  readAddressPolicy,
  readLoginPolicy,
  readPasswordPolicy,
} from './wire.ts';

const params = Type.Object({ domain_id: Type.String() });
const place = (kind: string) => `/v3.0/OS-SECURITYPOLICY/domains/:domain_id/${kind}`;
const schemaOf = (operationId: string) => ({ operationId, tags: ['iam'], params });
const bodyOf = <Name extends string, Policy extends TObject>(name: Name, policy: Policy) =>
  Type.Object({ [name]: policy } as Record<Name, Policy>);

/** The vendor's security settings of an account. */
export function securityPolicyRoutes(iam: IamContext, api: Api): void {
  api.get(
    place('password-policy'),
    { schema: schemaOf('getPasswordPolicy') },
    async ({ actor, params: { domain_id } }) => {
      requireOwnDomain(actor, domain_id);
      const policy = await getSecurityPolicy(iam, actor, 'password-policy');
      return { password_policy: presentPasswordPolicy(policy) };
    },
  );
  const passwordBody = bodyOf('password_policy', passwordPolicySchema);
  api.put(
    place('password-policy'),
    { schema: { ...schemaOf('updatePasswordPolicy'), body: passwordBody } },
    async ({ actor, params: { domain_id }, body }) => {
      requireOwnDomain(actor, domain_id);
      const policy = await setSecurityPolicy(iam, actor, 'password-policy', (current) =>
        readPasswordPolicy(body.password_policy, current),
      );
      return { password_policy: presentPasswordPolicy(policy) };
    },
  );
  api.get(
    place('login-policy'),
    { schema: schemaOf('getLoginPolicy') },
    async ({ actor, params: { domain_id } }) => {
      requireOwnDomain(actor, domain_id);
      return { login_policy: presentLoginPolicy(await getSecurityPolicy(iam, actor, 'login-policy')) };
    },
  );
  const loginBody = bodyOf('login_policy', loginPolicySchema);
  api.put(
    place('login-policy'),
    { schema: { ...schemaOf('updateLoginPolicy'), body: loginBody } },
    async ({ actor, params: { domain_id }, body }) => {
      requireOwnDomain(actor, domain_id);
      const policy = await setSecurityPolicy(iam, actor, 'login-policy', (current) =>
        readLoginPolicy(body.login_policy, current, iam.clock.nowMs()),
      );
      return { login_policy: presentLoginPolicy(policy) };
    },
  );
  addressPolicyRoutes(iam, api, 'console-acl-policy', 'console_acl_policy', 'ConsoleAclPolicy');
  addressPolicyRoutes(iam, api, 'api-acl-policy', 'api_acl_policy', 'ApiAclPolicy');
}

function addressPolicyRoutes<Name extends 'console_acl_policy' | 'api_acl_policy'>(
  iam: IamContext,
  api: Api,
  kind: 'console-acl-policy' | 'api-acl-policy',
  name: Name,
  operation: string,
): void {
  api.get(place(kind), { schema: schemaOf(`get${operation}`) }, async ({ actor, params: { domain_id } }) => {
    requireOwnDomain(actor, domain_id);
    return { [name]: presentAddressPolicy(kind, await getSecurityPolicy(iam, actor, kind)) };
  });
  const body = bodyOf(name, addressPolicySchema);
  api.put(place(kind), { schema: { ...schemaOf(`update${operation}`), body } }, async (request) => {
    const { actor } = request;
    requireOwnDomain(actor, request.params.domain_id);
    const sent = readAddressPolicy(
      name,
      (request.body as Record<Name, Static<typeof addressPolicySchema>>)[name],
    );
    const policy = await setSecurityPolicy(iam, actor, kind, () => requireOwnAddress(actor, name, sent));
    return { [name]: presentAddressPolicy(kind, policy) };
  });
}
