import { type Static, Type } from 'typebox';
import { toInfo } from '../distinguished-name.ts';
import { type CertificateSummary, certificateStatus } from './certificate.ts';

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const time = Type.Integer({ description: 'Milliseconds since 1970.' });

/** An element of the certificate list, and the certificate details (reference, tables 4-195 and 4-246). */
export const certificateResponse = Type.Object({
  certificate_id: text,
  status: text,
  issuer_id: text,
  issuer_name: text,
  key_algorithm: text,
  signature_algorithm: text,
  freeze_flag: Type.Integer({ description: '0: not frozen.' }),
  gen_mode: text,
  serial_number: text,
  create_time: time,
  delete_time: Type.Null(),
  not_before: time,
  not_after: time,
  distinguished_name: Type.Object({
    common_name: textOrNull,
    country: textOrNull,
    state: textOrNull,
    locality: textOrNull,
    organization: textOrNull,
    organizational_unit: textOrNull,
  }),
  enc_cert_info: Type.Union([Type.Object({ enc_serial_number: text }), Type.Null()]),
  enterprise_project_id: text,
});

export type CertificateResponse = Static<typeof certificateResponse>;

export function presentCertificate(certificate: CertificateSummary, nowMs: number): CertificateResponse {
  const { enc_serial_number: encryptionSerial } = certificate;
  return {
    certificate_id: certificate.certificate_id,
    status: certificateStatus(certificate, nowMs),
    issuer_id: certificate.issuer_id,
    issuer_name: certificate.issuer_name,
    key_algorithm: certificate.key_algorithm,
    signature_algorithm: certificate.signature_algorithm,
    freeze_flag: certificate.freeze_flag,
    gen_mode: certificate.gen_mode,
    serial_number: certificate.serial_number,
    create_time: certificate.create_time,
    // A deleted certificate is gone at once, so nothing that is shown has one.
    delete_time: null,
    not_before: certificate.not_before,
    not_after: certificate.not_after,
    distinguished_name: toInfo(certificate),
    // In the examples serial_number is decimal, and this one hexadecimal.
    enc_cert_info:
      encryptionSerial === null ? null : { enc_serial_number: BigInt(encryptionSerial).toString(16) },
    enterprise_project_id: certificate.enterprise_project_id,
  };
}
