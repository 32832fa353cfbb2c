import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addSecurityHeaders } from './security-headers.ts';
import { sourceOf } from './source.ts';

const description = `OpenCCM answers the API of a public cloud's certificate manager, key management and identity services.
Times are milliseconds since 1970-01-01T00:00:00Z unless a field says otherwise. Fields that an operation does not know are ignored.`;

/** Everything comes from this server, and goes to it. The page styles itself by inline styles. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface ApiDescription {
  /**
   * Composes the document and loads the page: a fifth of a second of the event loop that no request should pay. Call it when all routes
   * are registered and nobody is served yet; without it the first request does it.
   */
  prepare(): Promise<void>;
}

/** Describes every route that is registered on `app` afterwards: `GET /openapi.json` and, for people, `GET /docs`. */
export async function describeApi(app: FastifyInstance, version: string): Promise<ApiDescription> {
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
  let composed: Buffer | undefined;
  const document = () => {
    composed ??= Buffer.from(JSON.stringify(app.swagger()));
    return composed;
  };
  let opened: Promise<FastifyInstance> | undefined;
  const page = () => {
    opened ??= createDocumentationPage(app.swagger() as StaticDocumentSpec['document'], document());
    return opened;
  };
  const options = { schema: { hide: true }, onRequest: countStranger };
  app.get('/openapi.json', options, (_request, reply) => sendDocument(reply, document()));
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { routing } = await page();
    reply.hijack();
    routing(request.raw, reply.raw);
    return reply;
  };
  app.get('/docs', options, show);
  app.get('/docs/*', options, show);
  return {
    async prepare() {
      await page();
    },
  };
}

function sendDocument(reply: FastifyReply, document: Buffer): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(document);
}

function countStranger(request: FastifyRequest, _reply: FastifyReply, next: () => void): void {
  request.server.limits.countStranger(sourceOf(request));
  next();
}

/** Its library is loaded here: only servers need it. */
async function createDocumentationPage(
  document: StaticDocumentSpec['document'],
  bytes: Buffer,
): Promise<FastifyInstance> {
  const [{ default: Fastify }, { default: swaggerUi }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger-ui'),
  ]);
  const page = Fastify({ logger: false });
  await page.register(swagger, { mode: 'static', specification: { document } });
  page.addHook('onRequest', addSecurityHeaders);
  // The library composes the document anew for each request; as YAML that takes a fifth of a second.
  page.addHook('onRoute', (route) => {
    if (route.url === '/docs/json') route.handler = (_request, reply) => sendDocument(reply, bytes);
    if (route.url === '/docs/yaml') route.handler = (_request, reply) => reply.callNotFound();
  });
  await page.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    // Else the page asks a site on the Internet for its opinion of the document.
    uiConfig: { validatorUrl: null },
  });
  await page.ready();
  return page;
}
