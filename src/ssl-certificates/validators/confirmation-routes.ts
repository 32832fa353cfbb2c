import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { receiveBody } from '../../platform/http/index.ts';
import { confirmationPath } from './send-confirmation.ts';

/** What the links of confirmation mails lead to. */
export interface Confirmations {
  /** What the token of a mail would confirm; undefined if there is, or is no longer, such a token. Changes nothing. */
  describe(token: string): Promise<{ readonly domain: string } | undefined>;
  /** The domain is confirmed; may be repeated. */
  confirm(token: string): Promise<'confirmed' | 'unknown'>;
}

/** A form has nothing to say but that it was sent. */
const longestBody = 1_024;
const tokenForm = /^[A-Za-z0-9_-]{16,256}$/;

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
};

/**
 * The pages behind the links, for listeners that the public reaches. Who has the link is whom the mail reached, so nobody is asked
 * who he is. Scanners of mail open every link and send no form: opening shows, and only the form confirms.
 */
export function confirmationRoutes(confirmations: Confirmations): FastifyPluginAsync {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (request, _payload, done) =>
      receiveBody(request, longestBody, (error) => done(error, undefined)),
    );
    app.get<{ Params: { token: string } }>(`${confirmationPath}/:token`, async (request, reply) => {
      const { token } = request.params;
      const found = tokenForm.test(token) ? await confirmations.describe(token) : undefined;
      return found === undefined ? sendUnknown(reply) : send(reply, 200, question(found.domain));
    });
    app.post<{ Params: { token: string } }>(`${confirmationPath}/:token`, async (request, reply) => {
      const { token } = request.params;
      const outcome = tokenForm.test(token) ? await confirmations.confirm(token) : 'unknown';
      return outcome === 'unknown' ? sendUnknown(reply) : send(reply, 200, page('Confirmed', confirmed));
    });
  };
}

const confirmed = '<p>Thank you. The domain is confirmed; you may close this page.</p>';

function question(domain: string): string {
  const name = escapeHtml(domain);
  return page(
    'Confirm a certificate',
    `<p>A TLS certificate for <strong>${name}</strong> was applied for.</p>
<p>If you agree that it is issued, confirm it. If you do not know of the application, close this page.</p>
<form method="post"><button type="submit">Confirm ${name}</button></form>`,
  );
}

function sendUnknown(reply: FastifyReply): FastifyReply {
  const text = '<p>This link is not valid, or no longer: the application was decided or withdrawn.</p>';
  return send(reply, 404, page('Unknown link', text));
}

function send(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.code(status).headers(headers).send(html);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<h1>${title}</h1>
${content}
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
