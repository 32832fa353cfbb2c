import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const description = `OpenCCM answers the API of a public cloud's certificate manager, key management and identity services.
Times are milliseconds since 1970-01-01T00:00:00Z unless a field says otherwise. Fields that an operation does not know are ignored.`;

/** Describes every route that is registered on `app` afterwards: `GET /openapi.json` and, for people, `GET /docs`. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'OpenCCM', version, description },
      components: {
        securitySchemes: {
          XAuthToken: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'A token of IAM.' },
          AkSk: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'SDK-HMAC-SHA256 signature with an access key, beside X-Sdk-Date.',
          },
        },
      },
      security: [{ XAuthToken: [] }, { AkSk: [] }],
    },
  });
  let text: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });
  const show = documentationPage(app);
  app.get('/docs', { schema: { hide: true } }, show);
  app.get('/docs/*', { schema: { hide: true } }, show);
}

/** The page is loaded when somebody first asks for it; its library would delay every start otherwise. */
function documentationPage(app: FastifyInstance) {
  let page: Promise<FastifyInstance> | undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    page ??= createDocumentationPage(app);
    const { routing } = await page;
    reply.hijack();
    routing(request.raw, reply.raw);
    return reply;
  };
}

async function createDocumentationPage(app: FastifyInstance): Promise<FastifyInstance> {
  const [{ default: Fastify }, { default: swaggerUi }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger-ui'),
  ]);
  const page = Fastify({ logger: false });
  const document = app.swagger() as StaticDocumentSpec['document'];
  await page.register(swagger, { mode: 'static', specification: { document } });
  await page.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  await page.ready();
  return page;
}
