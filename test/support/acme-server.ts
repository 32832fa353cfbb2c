import { randomBytes } from 'node:crypto';
import {
  encodePem,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  newSerialNumber,
  parseCsr,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../src/pki/index.ts';
import { type Answered, type HttpsServer, startHttpsServer } from './https-server.ts';

interface Order {
  readonly names: readonly string[];
  status: 'pending' | 'ready' | 'valid';
  certificatePem: string;
}

/**
 * An ACME server (RFC 8555) that takes every signature and believes every challenge: for tests of who asks it, and how often. What a real
 * one refuses is tested with a real one.
 */
export interface AcmeServer extends HttpsServer {
  readonly directoryUrl: string;
  readonly orders: readonly Order[];
  /** It does what is asked at paths that begin so, and does not answer. */
  silentAt: string | undefined;
}

const yearMs = 365 * 86_400_000;

export async function startAcmeServer(): Promise<AcmeServer> {
  const { privateKeyPkcs8 } = await generateKeyPair('EC256');
  const signer = signerFromPkcs8(privateKeyPkcs8);
  const orders: Order[] = [];
  let origin = '';

  const shown = (id: number): Answered => {
    const { names, status, certificatePem } = orders[id]!;
    const body = {
      status,
      identifiers: names.map((value) => ({ type: 'dns', value })),
      authorizations: names.map((_, index) => `${origin}/authorization/${id}/${index}`),
      finalize: `${origin}/finalize/${id}`,
      ...(certificatePem !== '' && { certificate: `${origin}/certificate/${id}` }),
    };
    return { status: 200, body, headers: { location: `${origin}/order/${id}` } };
  };

  async function issue({ names }: Order, csr: string): Promise<string> {
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    const certificate = await issueCertificate({
      serialNumber: newSerialNumber((length) => randomBytes(length)),
      issuer: nameFromAttributes({ commonName: 'ACME test CA' }),
      subject: nameFromAttributes({ commonName: names[0] }),
      notBeforeMs: nowMs,
      notAfterMs: nowMs + yearMs,
      subjectPublicKeySpki: parseCsr(Buffer.from(csr, 'base64url')).spki,
      extensions: [subjectAlternativeNameExtension(names.map((value) => ({ type: 'DNS', value })))],
      signatureAlgorithm: signatureAlgorithmFor('EC256'),
      signer,
    });
    return encodePem('CERTIFICATE', certificate);
  }

  async function answer(path: string, payload: Record<string, unknown>): Promise<Answered> {
    const [, kind, first = '', second = ''] = path.split('/');
    const order = orders[Number(first)];
    switch (kind) {
      case 'directory': {
        const names = ['newNonce', 'newAccount', 'newOrder', 'revokeCert'];
        return { status: 200, body: Object.fromEntries(names.map((name) => [name, `${origin}/${name}`])) };
      }
      case 'newNonce':
        return { status: 204 };
      case 'newAccount':
        return { status: 201, body: { status: 'valid' }, headers: { location: `${origin}/account/1` } };
      case 'newOrder': {
        const identifiers = payload.identifiers as { value: string }[];
        orders.push({ names: identifiers.map(({ value }) => value), status: 'pending', certificatePem: '' });
        return { ...shown(orders.length - 1), status: 201 };
      }
      case 'authorization': {
        const status = order?.status === 'pending' ? 'pending' : 'valid';
        const token = `token-${first}-${second}`;
        const challenge = { type: 'dns-01', url: `${origin}/challenge/${first}/${second}`, token, status };
        const identifier = { type: 'dns', value: order?.names[Number(second)] };
        return { status: 200, body: { identifier, status, challenges: [challenge] } };
      }
      case 'challenge':
        if (order?.status === 'pending') order.status = 'ready';
        return { status: 200, body: { status: 'processing' } };
      case 'finalize':
        // RFC 8555 §7.4: an order is finalized once.
        if (order?.status !== 'ready')
          return { status: 403, body: { type: 'urn:ietf:params:acme:error:orderNotReady', detail: path } };
        order.certificatePem = await issue(order, String(payload.csr));
        order.status = 'valid';
        return shown(Number(first));
      case 'certificate':
        return { status: 200, body: order?.certificatePem };
      case 'order':
        return shown(Number(first));
      default:
        return { status: 404, body: { type: 'urn:ietf:params:acme:error:malformed', detail: path } };
    }
  }

  const server = await startHttpsServer(async ({ path, body }) => {
    const answered = await answer(path, payloadOf(body));
    if (acme.silentAt !== undefined && path.startsWith(acme.silentAt)) return 'never';
    const nonce = randomBytes(9).toString('base64url');
    return { ...answered, headers: { 'replay-nonce': nonce, ...answered.headers } };
  });
  origin = server.url;
  const acme: AcmeServer = {
    ...server,
    directoryUrl: `${origin}/directory`,
    orders,
    silentAt: undefined,
  };
  return acme;
}

/** Of a JWS (RFC 8555 6.2); empty for a POST-as-GET. */
function payloadOf(body: string): Record<string, unknown> {
  if (body === '') return {};
  const { payload } = JSON.parse(body) as { payload: string };
  return payload === '' ? {} : JSON.parse(Buffer.from(payload, 'base64url').toString());
}
