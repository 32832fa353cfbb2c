/** The union of the reference's lists of states; CANCLEREVOKING is its spelling. */
export const certificateStatuses = [
  'PAID',
  'CHECKING',
  'CHECKING_DOMAIN',
  'CHECKING_ORG',
  'ISSUING',
  'ISSUED',
  'CANCELCHECKING',
  'UNPASSED',
  'EXPIRED',
  'REVOKING',
  'CANCLEREVOKING',
  'REVOKED',
  'UPLOAD',
  'SUPPLEMENTCHECKING',
  'CANCELSUPPLEMENTING',
] as const;

export type CertificateStatus = (typeof certificateStatuses)[number];

/** Which states an operation may begin in; the service refuses others with SCM.0010. */
export const allowedStatuses = {
  applyCertificate: ['PAID', 'UNPASSED'],
  cancelApplication: ['CHECKING', 'CHECKING_DOMAIN', 'CHECKING_ORG'],
  exportCertificate: [
    'ISSUED',
    'UPLOAD',
    'EXPIRED',
    'REVOKED',
    'SUPPLEMENTCHECKING',
    'CANCELSUPPLEMENTING',
    'REVOKING',
    'CANCLEREVOKING',
  ],
  pushCertificate: ['ISSUED', 'UPLOAD'],
  deployCertificate: ['ISSUED', 'UPLOAD'],
  listDeployedResources: ['ISSUED', 'UPLOAD'],
  deleteCertificate: ['UPLOAD', 'ISSUED', 'EXPIRED', 'REVOKED', 'UNPASSED'],
  unsubscribeCertificate: ['PAID'],
  revokeCertificate: ['ISSUED'],
  reviewApplication: ['CHECKING_ORG'],
  checkApplication: ['CHECKING_DOMAIN'],
} as const satisfies Record<string, readonly CertificateStatus[]>;

/** What is shown: a certificate that is in use is EXPIRED once its time is over. */
export function shownStatus(
  certificate: { readonly status: Exclude<CertificateStatus, 'EXPIRED'>; readonly not_after: number },
  nowMs: number,
): CertificateStatus {
  const { status, not_after: notAfter } = certificate;
  return (status === 'ISSUED' || status === 'UPLOAD') && notAfter <= nowMs ? 'EXPIRED' : status;
}
