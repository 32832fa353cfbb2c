import assert from 'node:assert/strict';
import {
  type BasicOcspResponse,
  type CertIdHash,
  type Certificate,
  encodeCertId,
  encodeOcspRequest,
  issuerHashes,
  parseOcspResponse,
} from '../../pki/index.ts';
import {
  caCertificate,
  createCa,
  exportedCertificate,
  type Installation,
  issue,
  type Node,
  path,
} from '../revocation.fixture.ts';

/** How a client names a certificate of the CA. */
export function certIdOf(ca: Certificate, serialNumber: bigint, hash: CertIdHash = 'SHA1'): Uint8Array {
  return encodeCertId(issuerHashes(ca.subjectDer, ca.spki, hash), hash, serialNumber);
}

/** The answer to a POST: the response, or the name of the error. */
export async function ask({ plain }: Node, caId: string, request: Uint8Array) {
  const response = await plain.inject({
    method: 'POST',
    url: `/ocsp/${caId}`,
    headers: { 'content-type': 'application/ocsp-request' },
    payload: Buffer.from(request),
  });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers['content-type'], 'application/ocsp-response');
  assert.equal(response.headers['cache-control'], 'no-store');
  return parseOcspResponse(response.rawPayload);
}

/** The answer to a POST, which is none of the errors. */
export async function answered(node: Node, caId: string, request: Uint8Array): Promise<BasicOcspResponse> {
  const response = await ask(node, caId, request);
  return typeof response === 'string' ? assert.fail(response) : response;
}

/** Sends a GET; the request is percent-encoded base64. */
export function get(
  { plain }: Node,
  caId: string,
  request: Uint8Array,
  headers: Record<string, string> = {},
) {
  const encoded = encodeURIComponent(Buffer.from(request).toString('base64'));
  return plain.inject({ method: 'GET', url: `/ocsp/${caId}/${encoded}`, headers });
}

/** A CA whose OCSP is on, and one certificate of it. */
export async function answering(installation: Installation, body: object = {}, fields: object = {}) {
  const { call, identity } = installation;
  const caId = await createCa(installation, identity.acme, body);
  await call(identity.acme, 204, 'POST', `${path}/${caId}/ocsp/switch`, { ocsp_switch: true });
  const leafId = await issue(installation, identity.acme, caId, fields);
  const leaf = await exportedCertificate(installation, identity.acme, leafId);
  const ca = await caCertificate(installation, identity.acme, caId);
  return { caId, ca, leafId, leaf, request: encodeOcspRequest([certIdOf(ca, leaf.serialNumber)]) };
}

export const statusOf = (response: BasicOcspResponse) => response.responses[0]?.status;
