import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { listLinks, selfLink } from '../links.ts';
import { findProject } from '../projects/store.ts';
import type { AccountTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { catalogFor } from '../tokens/catalog.ts';
import { createAccount, requireOperator } from './create-account.ts';
import { enableAccount } from './enable-account.ts';
import { findAccount, listAccounts } from './store.ts';

const name = Type.String({ minLength: 1, maxLength: 64 });
const newAccount = Type.Object({
  account_name: name,
  user_name: Type.Optional(name),
  password: Type.Optional(Type.String({ maxLength: 128 })),
  project_name: name,
  access_key: Type.Optional(Type.Literal('none')),
});

function presentDomain(account: AccountTable, publicUrl: string) {
  return {
    id: account.account_id,
    name: account.name,
    description: account.description,
    enabled: account.enabled === 1,
    links: selfLink(publicUrl, `/v3/domains/${account.account_id}`),
  };
}

export function accountRoutes(iam: IamContext, api: Api): void {
  const { publicUrl } = iam;
  api.get(
    '/v3/auth/domains',
    { schema: { operationId: 'listAuthDomains', tags: ['iam'] } },
    async (request) => {
      const account = await findAccount(iam.database, request.actor.accountId);
      return {
        domains: account ? [presentDomain(account, publicUrl)] : [],
        links: listLinks(publicUrl, '/v3/auth/domains'),
      };
    },
  );

  api.get(
    '/v3/auth/catalog',
    { schema: { operationId: 'listAuthCatalog', tags: ['iam'] } },
    async (request) => {
      const { accountId, projectId } = request.actor;
      const project = projectId ? await findProject(iam.database, accountId, projectId) : undefined;
      const scope = project && { projectId: project.project_id, name: project.name };
      return {
        catalog: catalogFor(iam.services, publicUrl, scope),
        links: listLinks(publicUrl, '/v3/auth/catalog'),
      };
    },
  );

  api.get(
    '/v5/caller-identity',
    { schema: { operationId: 'getCallerIdentity', tags: ['iam'] } },
    (request) => {
      const { accountId, principalId, principalName, kind } = request.actor;
      return {
        account_id: accountId,
        principal_id: principalId,
        principal_urn: `${kind === 'agency' ? 'sts' : 'iam'}::${accountId}:${kind === 'agency' ? 'assumed-agency' : 'user'}:${principalName}`,
      };
    },
  );

  api.get(
    '/v3/domains/:domain_id',
    {
      schema: { operationId: 'getDomain', tags: ['iam'], params: Type.Object({ domain_id: Type.String() }) },
    },
    async (request) => {
      const { domain_id: id } = request.params;
      const account = id === request.actor.accountId ? await findAccount(iam.database, id) : undefined;
      if (!account) throw notFound('domain', id);
      return { domain: presentDomain(account, publicUrl) };
    },
  );
  operatorRoutes(iam, api);
}

/** An extension: the vendor opens accounts in its shop. */
function operatorRoutes(iam: IamContext, api: Api): void {
  const present = (account: AccountTable) => ({
    account_id: account.account_id,
    account_name: account.name,
    enabled: account.enabled === 1,
    create_time: formatMicroseconds(account.created_at),
  });
  api.post(
    '/v1/accounts',
    { schema: { operationId: 'createAccount', tags: ['extensions'], body: newAccount } },
    async (request, reply) => {
      const { account_name, user_name, password, project_name, access_key } = request.body;
      const created = await createAccount(iam, request.actor, {
        accountName: account_name,
        userName: user_name,
        password,
        projectName: project_name,
        accessKey: access_key,
      });
      return reply.code(201).send({
        account_id: created.accountId,
        account_name: created.accountName,
        user_id: created.userId,
        user_name: created.userName,
        password: created.password,
        project_id: created.projectId,
        project_name: created.projectName,
        access_key: created.accessKey,
        secret_key: created.secretKey,
      });
    },
  );
  api.get(
    '/v1/accounts',
    { schema: { operationId: 'listAccounts', tags: ['extensions'] } },
    async (request) => {
      await requireOperator(iam, request.actor, 'look');
      return { accounts: (await listAccounts(iam.database)).map(present) };
    },
  );
  api.patch(
    '/v1/accounts/:account_id',
    {
      schema: {
        operationId: 'enableAccount',
        tags: ['extensions'],
        params: Type.Object({ account_id: Type.String() }),
        body: Type.Object({ enabled: Type.Boolean() }),
      },
    },
    async (request) =>
      present(await enableAccount(iam, request.actor, request.params.account_id, request.body.enabled)),
  );
}
