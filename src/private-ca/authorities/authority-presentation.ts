import { type Static, Type } from 'typebox';
import { caStatus } from '../ca.ts';
import { toInfo } from '../distinguished-name.ts';
import type { AuthoritySummary } from './authority-store.ts';

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const timeOrNull = Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since 1970.' });

const distinguishedName = Type.Object({
  common_name: textOrNull,
  country: textOrNull,
  state: textOrNull,
  locality: textOrNull,
  organization: textOrNull,
  organizational_unit: textOrNull,
});

const crlConfiguration = Type.Object({
  enabled: Type.Boolean(),
  crl_name: textOrNull,
  obs_bucket_name: textOrNull,
  valid_days: Type.Union([Type.Integer(), Type.Null()]),
  crl_dis_point: textOrNull,
  delta_hours: Type.Optional(Type.Integer({ description: 'Hours between deltas; not in the reference.' })),
});

/** An element of the CA list, and the CA details (reference, tables 4-80 and 4-111). */
export const authorityResponse = Type.Object({
  ca_id: text,
  type: text,
  status: text,
  path_length: Type.Integer({ description: '7: not limited, as for every root CA.' }),
  issuer_id: textOrNull,
  issuer_name: textOrNull,
  key_algorithm: text,
  signature_algorithm: textOrNull,
  freeze_flag: Type.Integer({ description: '0: not frozen.' }),
  gen_mode: text,
  serial_number: textOrNull,
  create_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
  delete_time: timeOrNull,
  not_before: timeOrNull,
  not_after: timeOrNull,
  distinguished_name: distinguishedName,
  crl_configuration: crlConfiguration,
  enterprise_project_id: text,
  free_quota: Type.Integer(),
  charging_mode: Type.Integer({ description: '0: yearly/monthly. 1: pay-per-use.' }),
  cluster_id: Type.Optional(text),
  domain_id: text,
});

export type AuthorityResponse = Static<typeof authorityResponse>;

// Reference 4.2.1.1: for a root CA "this field is set to 7".
const unlimitedPathLength = 7;

function presentCrlConfiguration(ca: AuthoritySummary): AuthorityResponse['crl_configuration'] {
  return {
    enabled: ca.crl_enabled === 1,
    crl_name: ca.crl_name,
    obs_bucket_name: ca.crl_bucket,
    valid_days: ca.crl_valid_days,
    crl_dis_point: ca.crl_dis_point,
    ...(ca.crl_delta_hours === null ? {} : { delta_hours: ca.crl_delta_hours }),
  };
}

export function presentAuthority(ca: AuthoritySummary, nowMs: number): AuthorityResponse {
  return {
    ca_id: ca.ca_id,
    type: ca.type,
    status: caStatus(ca, nowMs),
    path_length: Math.min(ca.path_length ?? unlimitedPathLength, unlimitedPathLength),
    issuer_id: ca.issuer_id,
    issuer_name: ca.issuer_name,
    key_algorithm: ca.key_algorithm,
    signature_algorithm: ca.signature_algorithm,
    freeze_flag: ca.freeze_flag,
    gen_mode: ca.gen_mode,
    serial_number: ca.serial_number,
    create_time: ca.create_time,
    delete_time: ca.delete_time,
    not_before: ca.not_before,
    not_after: ca.serial_number === null ? null : ca.not_after,
    distinguished_name: toInfo(ca),
    crl_configuration: presentCrlConfiguration(ca),
    enterprise_project_id: ca.enterprise_project_id,
    // No package of certificates comes with a CA here: all count against the account's quota.
    free_quota: 0,
    charging_mode: ca.charging_mode,
    ...(ca.hsm_cluster_id === null ? {} : { cluster_id: ca.hsm_cluster_id }),
    domain_id: ca.account_id,
  };
}
