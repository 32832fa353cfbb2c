import { createHash, createPublicKey, verify, type webcrypto } from 'node:crypto';
import {
  encodePem,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  parseCsr,
  signatureAlgorithmFor,
  signerFromPkcs8,
} from '../../../pki/index.ts';
import { type Outbound, OutboundFailed, type OutboundRequest } from '../../../platform/outbound/index.ts';

type JsonWebKey = webcrypto.JsonWebKey;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

interface Header {
  readonly alg: string;
  readonly url: string;
  readonly nonce: string;
  readonly kid?: string;
  readonly jwk?: JsonWebKey;
}

/** A request whose signature was checked. */
interface Posted {
  readonly path: string;
  readonly account: string;
  readonly payload: Record<string, unknown>;
}

interface FakeAuthorization {
  readonly account: string;
  readonly identifier: { readonly type: string; readonly value: string };
  readonly wildcard: boolean;
  status: string;
  error?: object;
  told: boolean;
}

interface FakeOrder {
  readonly authorizations: readonly string[];
  status: string;
  error?: object;
  certificatePem?: string;
}

const base = 'https://acme.example.test';
const problemType = 'urn:ietf:params:acme:error:';

/** An answer that is a problem (RFC 8555 6.7). */
export function problem(status: number, type: string, detail: string, headers = {}): Answer {
  return { status, body: { type: `${problemType}${type}`, detail }, headers };
}

const thumbprintOf = (jwk: JsonWebKey) =>
  createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))
    .digest('base64url');

/**
 * An ACME server in memory that checks signatures, nonces and accounts as one does, and is told what it finds: what a real one does is
 * tested with a real one (test/peers), what it rarely does here.
 */
export class AcmeServerDouble implements Pick<Outbound, 'request'> {
  readonly directoryUrl = `${base}/directory`;
  readonly accounts = new Map<string, { readonly key: JsonWebKey; readonly binding: unknown }>();
  readonly authorizations = new Map<string, FakeAuthorization>();
  readonly orders = new Map<string, FakeOrder>();
  /** Paths of requests, in order. */
  readonly asked: string[] = [];
  /** Options of requests, in order. */
  readonly options: OutboundRequest[] = [];
  readonly revoked: unknown[] = [];
  /** What is answered instead to the next requests to a path that begins so. */
  readonly instead = new Map<string, Answer[]>();
  /** How many signed requests from now on have their nonce refused. */
  nonceRefusals = 0;
  down = false;
  #nonces = 0;
  #ids = 0;

  /** What the server finds when it looks at the challenges it was told of. */
  validate(status: 'valid' | 'invalid', error?: object): void {
    for (const authorization of this.authorizations.values()) {
      if (!authorization.told || authorization.status !== 'pending') continue;
      authorization.status = status;
      if (error) authorization.error = error;
    }
    for (const order of this.orders.values()) {
      const statuses = order.authorizations.map((url) => this.authorizations.get(url)!.status);
      if (order.status === 'pending' && statuses.every((each) => each === 'valid')) order.status = 'ready';
      if (statuses.includes('invalid')) order.status = 'invalid';
    }
  }

  async request(url: string, options: OutboundRequest = {}) {
    if (this.down) throw new OutboundFailed('acme.example.test could not be asked: ECONNREFUSED.');
    const path = url.replace(base, '');
    this.asked.push(path);
    this.options.push(options);
    const answer = this.#planned(path) ?? (await this.#answer(path, options));
    this.#nonces += 1;
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
    const headers = { 'replay-nonce': `n${this.#nonces}`, ...answer.headers };
    return { status: answer.status, headers, body: Buffer.from(body) };
  }

  #planned(path: string): Answer | undefined {
    const [key] = [...this.instead.keys()].filter((prefix) => path.startsWith(prefix));
    const answers = key === undefined ? [] : this.instead.get(key)!;
    const answer = answers.shift();
    if (key !== undefined && answers.length === 0) this.instead.delete(key);
    return answer;
  }

  async #answer(path: string, options: OutboundRequest): Promise<Answer> {
    if (path === '/directory') {
      const names = ['newNonce', 'newAccount', 'newOrder', 'revokeCert'];
      return { status: 200, body: Object.fromEntries(names.map((name) => [name, `${base}/${name}`])) };
    }
    if (path === '/newNonce') return { status: 204, body: '' };
    const jws = JSON.parse(String(options.body)) as Record<'protected' | 'payload' | 'signature', string>;
    const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as Header;
    if (this.nonceRefusals > 0) {
      this.nonceRefusals -= 1;
      return problem(400, 'badNonce', 'not this one');
    }
    const key = header.jwk ?? this.accounts.get(header.kid ?? '')?.key;
    if (!key) return problem(400, 'accountDoesNotExist', 'no such account');
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const publicKey = createPublicKey({ key, format: 'jwk' });
    const signature = Buffer.from(jws.signature, 'base64url');
    const isSigned = verify('SHA256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    if (!isSigned || header.url !== `${base}${path}`) return problem(400, 'malformed', 'not signed');
    const text = Buffer.from(jws.payload, 'base64url').toString();
    const payload = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    if (path === '/newAccount') return this.#account(key, payload);
    return this.#resource({ path, account: header.kid ?? '', payload });
  }

  #account(key: JsonWebKey, payload: Record<string, unknown>): Answer {
    const url = `${base}/account/${thumbprintOf(key)}`;
    const status = this.accounts.has(url) ? 200 : 201;
    this.accounts.set(url, { key, binding: payload.externalAccountBinding });
    return { status, body: { status: 'valid' }, headers: { location: url } };
  }

  async #resource({ account, path, payload }: Posted): Promise<Answer> {
    const [, kind, id = ''] = path.split('/');
    const url = `${base}${path}`;
    switch (kind) {
      case 'newOrder':
        return this.#newOrder(account, payload.identifiers as FakeAuthorization['identifier'][]);
      case 'account':
        return { status: 200, body: { status: 'valid' } };
      case 'authorization':
        return { status: 200, body: this.#shownAuthorization(url) };
      case 'challenge':
        this.authorizations.get(`${base}/authorization/${id}`)!.told = true;
        return { status: 200, body: { status: 'processing' } };
      case 'order':
        return this.#shownOrder(url);
      case 'finalize':
        return this.#finalize(`${base}/order/${id}`, String(payload.csr));
      case 'certificate':
        return { status: 200, body: this.orders.get(`${base}/order/${id}`)!.certificatePem! };
      case 'revokeCert':
        this.revoked.push(payload.reason);
        return { status: 200 };
      default:
        return problem(404, 'malformed', 'not found');
    }
  }

  /** As servers do, an authorization of the account that is valid already is used again. */
  #newOrder(account: string, identifiers: readonly FakeAuthorization['identifier'][]): Answer {
    const authorizations = identifiers.map(({ type, value }) => {
      const wildcard = value.startsWith('*.');
      const identifier = { type, value: wildcard ? value.slice(2) : value };
      for (const [url, known] of this.authorizations) {
        const isSame = known.identifier.value === identifier.value && known.wildcard === wildcard;
        if (isSame && known.account === account && known.status === 'valid') return url;
      }
      this.#ids += 1;
      const url = `${base}/authorization/${this.#ids}`;
      this.authorizations.set(url, { account, identifier, wildcard, status: 'pending', told: false });
      return url;
    });
    this.#ids += 1;
    const url = `${base}/order/${this.#ids}`;
    const isReady = authorizations.every((each) => this.authorizations.get(each)!.status === 'valid');
    this.orders.set(url, { authorizations, status: isReady ? 'ready' : 'pending' });
    const { body } = this.#shownOrder(url);
    return { status: 201, body, headers: { location: url } };
  }

  #shownAuthorization(url: string): object {
    const { error, identifier, status, told, wildcard } = this.authorizations.get(url)!;
    const challenge = {
      url: url.replace('/authorization/', '/challenge/'),
      status: status === 'pending' && told ? 'processing' : status,
      token: `token-${url.split('/').at(-1)}`,
      ...(error && { error }),
    };
    const challenges = [{ ...challenge, type: 'dns-01' }];
    if (!wildcard) challenges.push({ ...challenge, type: 'http-01' });
    return { identifier, status, challenges, ...(wildcard && { wildcard }) };
  }

  #shownOrder(url: string): Answer {
    const order = this.orders.get(url);
    if (!order) return problem(404, 'malformed', 'no such order');
    const { authorizations, certificatePem, error, status } = order;
    const finalize = url.replace('/order/', '/finalize/');
    const certificate = certificatePem && { certificate: url.replace('/order/', '/certificate/') };
    return {
      status: 200,
      body: { status, authorizations, finalize, ...(error && { error }), ...certificate },
    };
  }

  async #finalize(url: string, csr: string): Promise<Answer> {
    const order = this.orders.get(url)!;
    const request = parseCsr(Buffer.from(csr, 'base64url'));
    const { privateKeyPkcs8 } = await generateKeyPair('EC256');
    const certificate = await issueCertificate({
      serialNumber: 1n,
      issuer: nameFromAttributes({ commonName: 'Fake CA' }),
      subject: nameFromAttributes({}),
      notBeforeMs: 0,
      notAfterMs: 1000,
      subjectPublicKeySpki: request.spki,
      extensions: [],
      signatureAlgorithm: signatureAlgorithmFor('EC256'),
      signer: signerFromPkcs8(privateKeyPkcs8),
    });
    const pem = encodePem('CERTIFICATE', certificate);
    order.certificatePem = `${pem}\n${pem}`;
    order.status = 'processing';
    const shown = this.#shownOrder(url);
    order.status = 'valid';
    return { ...shown, headers: { 'retry-after': '7' } };
  }
}
