import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Certificate,
  type CertificateRevocationList,
  oids,
  parseCertificate,
  parseCrl,
  parseSinglePem,
} from '../../../src/pki/index.ts';
import type { ApiClient } from '../../support/api-client.ts';
import {
  exportAsJson,
  exportCa,
  issueForServer,
  type KeyAlgorithm,
  organization,
  signatureAlgorithms,
} from './hierarchy.ts';

export const authorities = '/v1/private-certificate-authorities';

/** Within which a revocation is in the published CRL. */
export const withinMs = 1_000;

/** Where CAs publish, and where the tests keep files. */
export interface Publisher {
  readonly api: ApiClient;
  readonly bucket: string;
  readonly folder: string;
}

/** A CA or certificate as the API and as files know it. */
export interface Published {
  readonly id: string;
  /** A file in PEM. */
  readonly file: string;
  readonly certificate: Certificate;
}

export async function allowPublishing({ api, bucket }: Publisher): Promise<void> {
  await api.call('POST', `${authorities}/obs/agencies`);
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
}

async function published({ folder }: Publisher, id: string, pem: string): Promise<Published> {
  const file = join(folder, `${id}.pem`);
  await writeFile(file, pem);
  return { id, file, certificate: parseCertificate(parseSinglePem(pem, 'CERTIFICATE')) };
}

/** A root CA, or with an issuer a subordinate one, that publishes CRLs and answers OCSP. */
export async function publishingCa(
  publisher: Publisher,
  algorithm: KeyAlgorithm,
  fields: { readonly name: string; readonly issuer?: Published; readonly crl?: object },
): Promise<Published> {
  const { api, bucket } = publisher;
  const { ca_id: caId } = await api.call<{ ca_id: string }>('POST', authorities, {
    type: fields.issuer ? 'SUBORDINATE' : 'ROOT',
    issuer_id: fields.issuer?.id ?? '',
    validity: { type: 'YEAR', value: fields.issuer ? 5 : 10 },
    key_algorithm: algorithm,
    signature_algorithm: signatureAlgorithms[algorithm],
    distinguished_name: { ...organization, common_name: `${fields.name} ${algorithm}` },
    crl_configuration: { enabled: true, obs_bucket_name: bucket, valid_days: 7, ...fields.crl },
  });
  await api.call('POST', `${authorities}/${caId}/ocsp/switch`, { ocsp_switch: true });
  return published(publisher, caId, await exportCa(api, caId));
}

/** A certificate for a server, with a key of the algorithm. */
export async function publishedLeaf(
  publisher: Publisher,
  issuer: Published,
  algorithm: KeyAlgorithm,
): Promise<Published> {
  const id = await issueForServer(publisher.api, issuer.id, { key_algorithm: algorithm });
  return published(publisher, id, (await exportAsJson(publisher.api, id)).certificate);
}

/** The place that a certificate names. */
export function addressOf({ certificate }: Published, what: 'crl' | 'ocsp' | 'caIssuers'): string {
  const { authorityInfoAccess = [], crlDistributionPoints = [] } = certificate.known;
  const method = what === 'ocsp' ? oids.ocspAccess : oids.caIssuersAccess;
  const name =
    what === 'crl'
      ? crlDistributionPoints[0]?.fullName[0]
      : authorityInfoAccess.find((access) => access.method === method)?.location;
  assert.ok(name?.type === 'URI', `the certificate names no ${what}`);
  return name.value;
}

/** The place of the deltas that a CRL names. */
export function freshestOf(crl: Uint8Array): string {
  const place = parseCrl(crl).freshestCrl?.[0]?.fullName[0];
  assert.ok(place?.type === 'URI', 'the CRL names no delta');
  return place.value;
}

/** The CRL at an address as soon as it meets the condition, which it has to within the second. */
export async function crlAt(
  address: string,
  isWanted: (crl: CertificateRevocationList) => boolean,
): Promise<Buffer> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const response = await fetch(address);
    const octets = Buffer.from(await response.arrayBuffer());
    if (response.status === 200 && isWanted(parseCrl(octets))) return octets;
    assert.ok(performance.now() < deadline, `${address}: ${response.status}, not in time`);
    await delay(20);
  }
}

/** Whether a CRL holds the certificate. */
export const revokes = (crl: CertificateRevocationList, { certificate }: Published): boolean =>
  crl.revoked.some(({ serialNumber }) => serialNumber === certificate.serialNumber);
