import type { FastifyPluginAsync } from 'fastify';
import { encodePem } from '../pki/index.ts';
import { tokenDigest } from './applications/check-domains.ts';
import { confirmValidation } from './applications/confirm-validation.ts';
import { findValidationByToken } from './applications/validation-store.ts';
import type { BuiltInRoot } from './issuers/built-in-hierarchy.ts';
import type { SslCertificatesPorts } from './ports.ts';
import { confirmationRoutes } from './validators/confirmation-routes.ts';

/** What people and relying parties reach without authentication: the links of mails, and the roots of the built-in issuer. */
export function publicRoutes(
  ports: SslCertificatesPorts,
  roots: () => Promise<readonly BuiltInRoot[]>,
): FastifyPluginAsync {
  return async (app) => {
    // Pages and files: not of the API that is described.
    app.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    await app.register(
      confirmationRoutes({
        async describe(token) {
          const found = await findValidationByToken(ports.database, tokenDigest(token));
          return found && { domain: found.domain };
        },
        confirm: (token) => confirmValidation(ports, token),
      }),
    );
    app.get('/scm/roots.pem', async (_request, reply) => {
      const certificates = (await roots()).map(({ certificateDer }) =>
        encodePem('CERTIFICATE', certificateDer),
      );
      return reply.type('application/x-pem-file').send(certificates.join(''));
    });
  };
}
