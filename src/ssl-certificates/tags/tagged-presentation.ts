import { type Static, Type } from 'typebox';
import type { Reader } from '../../platform/db/index.ts';
import { allowedStatuses, shownStatus } from '../certificate-status.ts';
import { isDeployable } from '../certificates/deployable.ts';
import { isRenewable, type RenewalSettings } from '../renewal/renewal-settings.ts';
import type { TaggedFound } from './find-by-tags.ts';
import { predecessorsOf, type TaggedCertificateRow } from './tagged-certificate-store.ts';

const text = Type.Union([Type.String(), Type.Null()]);
const whole = Type.Union([Type.Integer(), Type.Null()]);

/** TagResourceDetail of the client library. */
const resourceDetail = Type.Object({
  cert_id: Type.String(),
  cert_name: Type.String(),
  domain: text,
  cert_type: text,
  cert_brand: text,
  domain_type: text,
  purchase_period: Type.Union([Type.Integer(), Type.Null()], { description: 'Whole years of validity.' }),
  expired_time: Type.Union([Type.String(), Type.Null()], { description: 'Milliseconds since 1970.' }),
  order_status: Type.String({ description: 'State of the certificate.' }),
  domain_num: Type.Integer(),
  wildcard_number: Type.Integer(),
  sans: text,
  cert_des: text,
  signature_algorithm: text,
  fail_reason: text,
  partner_order_id: text,
  push_support: Type.Boolean(),
  cert_issued_time: Type.Union([Type.String(), Type.Null()], { description: 'Milliseconds since 1970.' }),
  resource_id: text,
  unsubscribe_support: Type.Boolean(),
  enterprise_project_id: Type.String(),
  origin_cert_id: Type.Union([Type.String(), Type.Null()], {
    description: 'The first certificate of the series; null for the first.',
  }),
  renewal_cert_id: Type.Union([Type.String(), Type.Null()], {
    description: 'The certificate that follows in the series.',
  }),
  auto_renew_status: Type.Union([Type.Integer(), Type.Null()], {
    description: '1: it will be followed by itself; 0: not; null: it was imported.',
  }),
  remain_cert_number: whole,
  auto_deploy_support: Type.Boolean(),
});

const tag = Type.Object({ key: Type.String(), value: Type.String() });

export const taggedResource = Type.Object({
  resource_id: Type.String(),
  resource_name: Type.String(),
  resource_detail: resourceDetail,
  tags: Type.Array(tag),
});

type TaggedResource = Static<typeof taggedResource>;

export interface PresentationContext {
  readonly nowMs: number;
  readonly renewal: RenewalSettings;
  /** The first certificate of the series, by the id of one that is not. */
  readonly origins: ReadonlyMap<string, string>;
}

export function presentTagged(
  { certificate, tags }: TaggedFound,
  context: PresentationContext,
): TaggedResource {
  return {
    resource_id: certificate.certificate_id,
    resource_name: certificate.name,
    resource_detail: presentDetail(certificate, context),
    tags: [...tags],
  };
}

function presentDetail(
  row: TaggedCertificateRow,
  { nowMs, renewal, origins }: PresentationContext,
): TaggedResource['resource_detail'] {
  const status = shownStatus(row, nowMs);
  const isImported = row.status === 'UPLOAD';
  const isForOtherServices = isDeployable(row, nowMs);
  return {
    cert_id: row.certificate_id,
    cert_name: row.name,
    domain: row.domain || null,
    cert_type: row.type,
    cert_brand: row.brand,
    domain_type: row.domain_type,
    purchase_period: row.validity_months === null ? null : Math.floor(row.validity_months / 12),
    expired_time: row.not_after === 0 ? null : String(row.not_after),
    order_status: status,
    domain_num: row.domain_count,
    wildcard_number: row.wildcard_count,
    sans: row.sans || null,
    cert_des: row.description,
    signature_algorithm: row.signature_algorithm,
    fail_reason: row.failure_reason,
    partner_order_id: row.order_id,
    push_support: isForOtherServices,
    cert_issued_time: row.issued_at === null ? null : String(row.issued_at),
    resource_id: row.certificate_id,
    unsubscribe_support: (allowedStatuses.unsubscribeCertificate as readonly string[]).includes(status),
    enterprise_project_id: row.enterprise_project_id,
    origin_cert_id: origins.get(row.certificate_id) ?? null,
    renewal_cert_id: row.successor_id,
    auto_renew_status: isImported ? null : Number(isRenewable(row, renewal)),
    remain_cert_number: isImported ? null : row.remaining_count,
    auto_deploy_support: isForOtherServices,
  };
}

/**
 * Back to the beginning of each series, one certificate at a time: a series has as many as years were bought, or went by. Where one
 * was deleted, it is the earliest that is known.
 */
export async function findOrigins(
  reader: Reader,
  accountId: string,
  rows: readonly Pick<TaggedCertificateRow, 'certificate_id' | 'predecessor_id'>[],
): Promise<Map<string, string>> {
  const before = new Map<string, string>();
  let unknown: string[] = [];
  for (const { certificate_id: id, predecessor_id: predecessor } of rows)
    if (predecessor !== null) {
      before.set(id, predecessor);
      unknown.push(predecessor);
    }
  while (unknown.length > 0) {
    const found = await predecessorsOf(reader, accountId, unknown);
    unknown = [...found.values()].filter((id) => !before.has(id));
    for (const [id, predecessor] of found) before.set(id, predecessor);
  }
  const originOf = (id: string): string => {
    let earliest = id;
    for (let next = before.get(id); next !== undefined; next = before.get(next)) earliest = next;
    return earliest;
  };
  const followers = rows.filter((row) => row.predecessor_id !== null);
  return new Map(followers.map(({ certificate_id: id }) => [id, originOf(id)]));
}
