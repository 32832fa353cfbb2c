import { type Static, Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import { caIdParams } from '../authorities/authority-schemas.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { revokeBody } from '../request-fields.ts';
import {
  type IssuedCertificateView,
  listIssuedCertificates,
  revokeIssuedCertificate,
} from './issued-certificates.ts';

const path = '/v1/private-certificate-authorities/:ca_id/issued-certificates';
const tags = ['Private CA'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

const serialNumber = Type.String({ pattern: '^[0-9]{34}$', description: 'Decimal, as the list has it.' });
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const timeOrNull = Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since 1970.' });

const listQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Number of returned records.' }),
  marker: Type.Optional(
    Type.String({ pattern: '^[0-9]{34}$', description: 'next_marker of the page before.' }),
  ),
  account_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'Only what was issued for this account.' }),
  ),
});

const issuedCertificate = Type.Object({
  serial_number: Type.String(),
  type: Type.String({ description: 'ENTITY_CERT, ENCRYPTION_CERT (of an SM2 pair) or INTERMEDIATE_CA.' }),
  account_id: Type.String({ description: 'The account for which it was issued.' }),
  certificate_id: textOrNull,
  subject_names: Type.Array(Type.Object({ type: Type.String(), value: Type.String() })),
  not_before: timeOrNull,
  not_after: Type.Integer({ description: 'Milliseconds since 1970.' }),
  status: Type.String({ description: 'ISSUED, EXPIRED or REVOKED.' }),
  revoked_at: timeOrNull,
  revocation_reason: textOrNull,
});

const issuedResponse = Type.Object({
  certificates: Type.Array(issuedCertificate),
  page_info: Type.Object({ next_marker: textOrNull, current_count: Type.Integer() }),
});

const types = { entity: 'ENTITY_CERT', encryption: 'ENCRYPTION_CERT', ca: 'INTERMEDIATE_CA', ocsp: 'OCSP' };

function present(view: IssuedCertificateView): Static<typeof issuedCertificate> {
  return {
    serial_number: view.serialNumber,
    type: types[view.kind],
    account_id: view.accountId,
    certificate_id: view.ownId ?? null,
    subject_names: view.subjectNames.map((name) => {
      const colon = name.indexOf(':');
      return { type: name.slice(0, colon), value: name.slice(colon + 1) };
    }),
    not_before: view.notBefore ?? null,
    not_after: view.notAfter,
    status: view.status,
    revoked_at: view.revocation?.atMs ?? null,
    revocation_reason: view.revocation?.reason ?? null,
  };
}

/** Extensions: what a CA issued, for its owner, whoever holds it. */
export function issuedRoutes(ports: PrivateCaPorts): (api: Api) => void {
  return (api) => {
    api.get(
      path,
      {
        schema: {
          operationId: 'listIssuedCertificates',
          tags,
          summary: 'Query what a CA issued, for whatever account (extension)',
          params: caIdParams,
          querystring: listQuery,
          response: { 200: issuedResponse },
        },
      },
      async ({ actor, params, query }) => {
        const { account_id: accountId, limit, marker } = query;
        const page = await listIssuedCertificates(ports, actor, params.ca_id, { accountId, limit, marker });
        return {
          certificates: page.certificates.map(present),
          page_info: { next_marker: page.nextMarker ?? null, current_count: page.certificates.length },
        };
      },
    );
    api.post(
      `${path}/:serial_number/revoke`,
      {
        schema: {
          operationId: 'revokeIssuedCertificate',
          tags,
          summary: 'Revoke what a CA issued, for whatever account (extension)',
          params: Type.Object({ ...caIdParams.properties, serial_number: serialNumber }),
          body: revokeBody,
          response: noContent,
        },
      },
      async ({ actor, body, params }, reply) => {
        const reason = body.reason ?? 'UNSPECIFIED';
        await revokeIssuedCertificate(ports, actor, params.ca_id, params.serial_number, reason);
        return reply.code(204).send();
      },
    );
  };
}
