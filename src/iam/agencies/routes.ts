import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import type { AgencyTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { createAgency, deleteAgency, updateAgency } from './manage-agencies.ts';
import { findAgencies, findAgency } from './store.ts';

const url = '/v3.0/OS-AGENCY/agencies';
const text = Type.Optional(Type.String({ maxLength: 256 }));
const agencyParams = Type.Object({ agency_id: Type.String() });
const fields = {
  domain_id: text,
  trust_domain_id: text,
  trust_domain_name: text,
  description: Type.Optional(Type.String({ maxLength: 255 })),
  duration: Type.Optional(Type.Union([Type.String(), Type.Integer(), Type.Null()])),
};

function present(agency: AgencyTable) {
  return {
    id: agency.agency_id,
    name: agency.name,
    domain_id: agency.account_id,
    trust_domain_id: agency.trust_account_id ?? agency.trust_name,
    trust_domain_name: agency.trust_name,
    description: agency.description,
    duration: agency.duration,
    create_time: formatMicroseconds(agency.created_at),
    expire_time: agency.expires_at === null ? null : formatMicroseconds(agency.expires_at),
  };
}

export function agencyRoutes(iam: IamContext, api: Api): void {
  const query = Type.Object({ domain_id: text, name: text, trust_domain_id: text });
  api.get(
    url,
    { schema: { operationId: 'listAgencies', tags: ['iam'], querystring: query } },
    async ({ actor, query: { domain_id, name, trust_domain_id } }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listAgencies });
      const filter = defined({ name, trustAccountId: trust_domain_id });
      const isElsewhere = domain_id !== undefined && domain_id !== actor.accountId;
      const agencies = isElsewhere ? [] : await findAgencies(iam.database, actor.accountId, filter);
      return { agencies: agencies.map(present) };
    },
  );
  api.get(
    `${url}/:agency_id`,
    { schema: { operationId: 'getAgency', tags: ['iam'], params: agencyParams } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getAgency });
      const agency = await findAgency(iam.database, actor.accountId, params.agency_id);
      if (!agency) throw notFound('agency', params.agency_id);
      return { agency: present(agency) };
    },
  );
  changeRoutes(iam, api);
}

function changeRoutes(iam: IamContext, api: Api): void {
  const create = Type.Object({
    agency: Type.Object({
      ...fields,
      name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w\\-.]+$' }),
    }),
  });
  api.post(
    url,
    { schema: { operationId: 'createAgency', tags: ['iam'], body: create } },
    async ({ actor, body }, reply) => {
      const { name, domain_id, trust_domain_id, trust_domain_name, description, duration } = body.agency;
      requireOwnDomain(actor, domain_id);
      const trust = { trustAccountId: trust_domain_id, trustName: trust_domain_name };
      const input = { name, description, ...trust, duration: duration ?? undefined };
      return reply.code(201).send({ agency: present(await createAgency(iam, actor, input)) });
    },
  );
  const update = Type.Object({ agency: Type.Object(fields) });
  api.put(
    `${url}/:agency_id`,
    { schema: { operationId: 'updateAgency', tags: ['iam'], params: agencyParams, body: update } },
    async ({ actor, params, body }) => {
      const { trust_domain_id, trust_domain_name, description, duration } = body.agency;
      const trust = { trustAccountId: trust_domain_id, trustName: trust_domain_name };
      const input = { description, ...trust, duration: duration ?? undefined };
      return { agency: present(await updateAgency(iam, actor, params.agency_id, input)) };
    },
  );
  api.delete(
    `${url}/:agency_id`,
    { schema: { operationId: 'deleteAgency', tags: ['iam'], params: agencyParams } },
    async ({ actor, params }, reply) => {
      await deleteAgency(iam, actor, params.agency_id);
      return reply.code(204).send();
    },
  );
}
