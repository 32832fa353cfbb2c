import type { InjectOptions } from 'fastify';
import type { TestIdentity, TestUser } from '../../../test/support/identity.ts';

/** The path of a policy of the user's account. */
export function policyUrl(user: TestUser, kind: string): string {
  return `/v3.0/OS-SECURITYPOLICY/domains/${user.account.accountId}/${kind}`;
}

export function logIn(
  { app }: TestIdentity,
  user: TestUser,
  password = user.password,
  remoteAddress = '127.0.0.1',
) {
  const named = { name: user.name, password, domain: { name: user.account.accountName } };
  const payload = { auth: { identity: { methods: ['password'], password: { user: named } } } };
  return app.inject({ method: 'POST', url: '/v3/auth/tokens', payload, remoteAddress });
}

export async function statusOf({ app }: TestIdentity, user: TestUser, options: Partial<InjectOptions> = {}) {
  const request = { method: 'GET' as const, url: `/v3/users/${user.userId}`, ...options };
  return (await app.inject({ ...request, headers: { 'x-auth-token': user.token } })).statusCode;
}

export async function refusalsOf({ call }: TestIdentity, root: TestUser, action: string): Promise<string[]> {
  const url = `/v1/audit/records?result=refused&action=${action}`;
  const { records } = await call<{ records: { detail: string }[] }>(root, 200, ['GET', url]);
  return records.map((record) => record.detail);
}
