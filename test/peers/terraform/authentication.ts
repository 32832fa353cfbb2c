import { type ApiClient, signIn } from '../../support/api-client.ts';
import { openAccount } from '../../support/second-account.ts';
import type { RunningServer } from '../../support/server.ts';
import type { Variables } from './workspace.ts';

interface TemporaryKey {
  readonly credential: { readonly access: string; readonly secret: string; readonly securitytoken: string };
}

async function temporaryKey(api: ApiClient): Promise<Record<string, string>> {
  const body = { auth: { identity: { methods: ['token'], token: { duration_seconds: 900 } } } };
  const { credential } = await api.call<TemporaryKey>('POST', '/v3.0/OS-CREDENTIAL/securitytokens', body);
  return {
    access_key: credential.access,
    secret_key: credential.secret,
    security_token: credential.securitytoken,
  };
}

/** An agency of another account, as which the first account may do everything there. */
async function delegatedAgency(server: RunningServer): Promise<Record<string, string>> {
  const trusting = await openAccount(server, 'terraform-trusting');
  const api = await signIn(server, trusting);
  const { projects } = await api.call<{ projects: { id: string; domain_id: string }[] }>(
    'GET',
    '/v3/projects',
  );
  const domainId = projects[0]?.domain_id;
  const agencies = '/v3.0/OS-AGENCY/agencies';
  const agency = {
    name: 'terraform-delegated',
    domain_id: domainId,
    trust_domain_name: server.bootstrap.account_name,
  };
  const created = await api.call<{ agency: { id: string } }>('POST', agencies, { agency });
  const { roles } = await api.call<{ roles: { id: string }[] }>(
    'GET',
    '/v3/roles?display_name=Tenant%20Administrator',
  );
  const path = `/v3.0/OS-INHERIT/domains/${domainId}/agencies/${created.agency.id}/roles/${roles[0]?.id}`;
  await api.call('PUT', `${path}/inherited_to_projects`);
  api.close();
  return { agency_name: agency.name, domain_name: trusting.accountName };
}

/** Every way in which the provider can say who it is, as variables of provider.tf. */
export async function waysToAuthenticate(
  server: RunningServer,
  api: ApiClient,
): Promise<ReadonlyMap<string, Variables>> {
  const { access_key, secret_key, user_name, password, account_name: domain_name } = server.bootstrap;
  const key = { access_key, secret_key };
  return new Map<string, Variables>([
    ['password', { credentials: { user_name, password, domain_name } }],
    ['token', { credentials: { token: api.token, domain_name } }],
    ['temporary access key', { credentials: await temporaryKey(api) }],
    ['agency', { credentials: key, assumed_role: await delegatedAgency(server) }],
  ]);
}
