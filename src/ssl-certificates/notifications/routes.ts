import { Type } from 'typebox';
import type { ApiPlugin } from '../../platform/http/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { switchNotifications } from './switch-notifications.ts';

const mostCertificates = 100;

const body = Type.Array(
  Type.Object({
    resource_id: Type.String({ minLength: 16, maxLength: 16, description: 'Certificate id.' }),
    notice_type: Type.Array(Type.Union([Type.Literal('CERT_EXPIRING'), Type.Literal('CERT_EXPIRED')]), {
      minItems: 1,
      maxItems: 2,
    }),
  }),
  { minItems: 1, maxItems: mostCertificates, description: 'A bare list.' },
);

const response = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

/** Which notices a certificate gives: not in the reference, but in its client libraries. */
export function notificationRoutes(ports: SslCertificatesPorts): ApiPlugin {
  return (api) => {
    for (const [verb, operationId] of [
      ['enable', 'enableNotification'],
      ['disable', 'disableNotification'],
    ] as const)
      api.post(
        `/v3/scm/notification/${verb}`,
        { schema: { operationId, tags: ['Certificates'], body, response } },
        async ({ actor, body: settings }, reply) => {
          const named = settings.map(({ resource_id: certificateId, notice_type: types }) => ({
            certificateId,
            types,
          }));
          await switchNotifications(ports, actor, operationId, named);
          return reply.code(204).send();
        },
      );
  };
}
