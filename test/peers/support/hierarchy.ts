import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { ApiClient } from '../../support/api-client.ts';

export type KeyAlgorithm =
  | 'RSA2048'
  | 'RSA4096'
  | 'EC256'
  | 'EC384'
  | 'SM2'
  | 'MLDSA44'
  | 'MLDSA65'
  | 'MLDSA87';

/** The host that server certificates are for; nothing on a machine has this name. */
export const serverName = 'service.example.test';

/** A root, a subordinate CA below it and a server certificate below that, of one key algorithm. */
export interface Hierarchy {
  readonly rootId: string;
  readonly subId: string;
  readonly certificateId: string;
  /** Files in PEM: root, subordinate, leaf, and the leaf's private key. */
  readonly root: string;
  readonly sub: string;
  readonly leaf: string;
  readonly key: string;
  /** Leaf and subordinate, as a TLS server sends them. */
  readonly served: string;
}

export const organization = {
  country: 'CN',
  state: 'Beijing',
  locality: 'Beijing',
  organization: 'OpenCCM',
  organizational_unit: 'Peers',
};

/** What a request names for a signing key. */
export const signatureAlgorithms: Record<KeyAlgorithm, string> = {
  RSA2048: 'SHA256',
  RSA4096: 'SHA512',
  EC256: 'SHA256',
  EC384: 'SHA384',
  SM2: 'SM3',
  MLDSA44: 'MLDSA44',
  MLDSA65: 'MLDSA65',
  MLDSA87: 'MLDSA87',
};

/** Creates a hierarchy over the API and writes what it exports into a new subfolder of `folder`. */
export async function createHierarchy(
  api: ApiClient,
  algorithm: KeyAlgorithm,
  folder: string,
): Promise<Hierarchy> {
  const common = { key_algorithm: algorithm, signature_algorithm: signatureAlgorithms[algorithm] };
  const createCa = async (name: string, fields: object) => {
    const body = {
      ...common,
      distinguished_name: { ...organization, common_name: `${name} ${algorithm}` },
      ...fields,
    };
    return (await api.call<{ ca_id: string }>('POST', '/v1/private-certificate-authorities', body)).ca_id;
  };
  const rootId = await createCa('Root', { type: 'ROOT', validity: { type: 'YEAR', value: 10 } });
  const validity = { type: 'YEAR', value: 5 };
  const subId = await createCa('Sub', { type: 'SUBORDINATE', issuer_id: rootId, validity, path_length: 0 });
  const certificateId = await issueForServer(api, subId, common);
  const exported = await exportAsJson(api, certificateId);
  const home = join(folder, algorithm);
  await mkdir(home);
  const write = async (name: string, content: string) => {
    await writeFile(join(home, name), content, { mode: 0o600 });
    return join(home, name);
  };
  const sub = await exportCa(api, subId);
  return {
    rootId,
    subId,
    certificateId,
    root: await write('root.pem', await exportCa(api, rootId)),
    sub: await write('sub.pem', sub),
    leaf: await write('leaf.pem', exported.certificate),
    key: await write('leaf.key', exported.private_key),
    served: await write('served.pem', `${exported.certificate.trim()}\n${sub.trim()}\n`),
  };
}

/** Issues a certificate for `serverName` and 127.0.0.1; resolves with its id. */
export async function issueForServer(api: ApiClient, issuerId: string, fields: object = {}): Promise<string> {
  const answer = await api.call<{ certificate_id: string }>('POST', '/v1/private-certificates', {
    issuer_id: issuerId,
    distinguished_name: { common_name: serverName },
    validity: { type: 'DAY', value: 30 },
    key_usages: ['digitalSignature'],
    subject_alternative_names: [
      { type: 'DNS', value: serverName },
      { type: 'IP', value: '127.0.0.1' },
    ],
    extended_key_usage: { server_auth: true },
    ...fields,
  });
  return answer.certificate_id;
}

export interface ExportedCertificate {
  readonly certificate: string;
  readonly certificate_chain: string;
  readonly private_key: string;
  readonly enc_certificate?: string;
  readonly enc_private_key?: string;
  readonly enc_sm2_enveloped_key?: string;
  readonly signed_and_enveloped_data?: string;
}

export const exportAsJson = (api: ApiClient, certificateId: string, fields: object = {}) =>
  api.call<ExportedCertificate>('POST', `/v1/private-certificates/${certificateId}/export`, {
    is_compressed: false,
    type: 'OTHER',
    ...fields,
  });

/** The files of an exported ZIP by name. */
export async function exportAsZip(
  api: ApiClient,
  certificateId: string,
  fields: object,
): Promise<Map<string, Uint8Array>> {
  const path = `/v1/private-certificates/${certificateId}/export`;
  const answer = await api.send('POST', path, { is_compressed: true, ...fields });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return new Map(Object.entries(unzipSync(answer.bytes)));
}

/** The CA's certificate in PEM. */
export async function exportCa(api: ApiClient, caId: string): Promise<string> {
  const path = `/v1/private-certificate-authorities/${caId}/export`;
  return (await api.call<{ certificate: string }>('POST', path)).certificate;
}
