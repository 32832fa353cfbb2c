import { type ApiClient, type Credentials, type ReachableServer, signIn } from './api-client.ts';

type Made<Name extends string> = Readonly<Record<Name, { readonly id: string }>>;

/** Signs in as a new user of the root user's account who has these policy statements in the whole account, and no other right. */
export async function signInLimited(
  server: ReachableServer,
  root: ApiClient,
  account: Credentials,
  statements: readonly object[],
): Promise<ApiClient> {
  const { domains } = await root.call<{ domains: { id: string }[] }>('GET', '/v3/auth/domains');
  const name = `limited-${crypto.randomUUID().slice(0, 8)}`;
  const policy = { Version: '5.0', Statement: statements };
  const [{ role }, { user }, { group }] = await Promise.all([
    root.call<Made<'role'>>('POST', '/v3.0/OS-ROLE/roles', {
      role: { display_name: name, description: '', type: 'AX', policy },
    }),
    root.call<Made<'user'>>('POST', '/v3/users', { user: { name, password: account.password } }),
    root.call<Made<'group'>>('POST', '/v3/groups', { group: { name } }),
  ]);
  await root.call('PUT', `/v3/groups/${group.id}/users/${user.id}`);
  await root.call('PUT', `/v3/domains/${domains[0]?.id}/groups/${group.id}/roles/${role.id}`);
  return signIn(server, { ...account, userName: name });
}
