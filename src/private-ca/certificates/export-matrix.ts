/** Kind of server the files are for; OTHER is plain PEM. */
export type ServerType = 'APACHE' | 'NGINX' | 'IIS' | 'TOMCAT' | 'OTHER';

export const serverTypes: readonly ServerType[] = ['APACHE', 'NGINX', 'IIS', 'TOMCAT', 'OTHER'];

/** What decides the form of an export (reference 4.2.2.8). */
export interface ExportCase {
  readonly algorithm: 'international' | 'SM';
  /** GENERATE: the key was generated here; CSR: the applicant keeps it. */
  readonly keyOrigin: 'GENERATE' | 'CSR';
  readonly type: ServerType;
  readonly compressed: boolean;
  /** Digital envelopes of GM/T 0009 and 0010 for the encryption key; without effect for international algorithms. */
  readonly smStandard: boolean;
  readonly hasPassword: boolean;
}

export type ExportContent =
  | 'certificate'
  | 'chain'
  | 'certificateAndChain'
  | 'privateKey'
  | 'encCertificate'
  | 'encPrivateKey'
  | 'envelopeGmt0009'
  | 'envelopeGmt0010'
  | 'pfx'
  | 'jks'
  | 'keystorePassword';

/** One file of the ZIP or one field of the JSON object. */
export type ExportItem = readonly [name: string, content: ExportContent];

/** What an export holds, in the reference's order; undefined where the reference says the case is not defined. */
export function exportItems(asked: ExportCase): readonly ExportItem[] | undefined {
  if (asked.algorithm === 'SM') {
    if (asked.type !== 'OTHER') return undefined;
    return asked.compressed ? smFiles(asked) : smFields(asked);
  }
  if (asked.compressed) return asked.keyOrigin === 'CSR' ? requestedFiles(asked.type) : generatedFiles(asked);
  return internationalFields(asked);
}

function generatedFiles(asked: ExportCase): readonly ExportItem[] {
  const password: ExportItem[] = asked.hasPassword ? [] : [['keystorePass.txt', 'keystorePassword']];
  switch (asked.type) {
    case 'APACHE':
      return [
        ['server.key', 'privateKey'],
        ['chain.crt', 'chain'],
        ['server.crt', 'certificate'],
      ];
    case 'IIS':
      return [...password, ['server.pfx', 'pfx']];
    case 'NGINX':
      return [
        ['server.key', 'privateKey'],
        ['server.crt', 'certificateAndChain'],
      ];
    case 'TOMCAT':
      return [...password, ['server.jks', 'jks']];
    case 'OTHER':
      return [
        ['server.key', 'privateKey'],
        ['chain.pem', 'chain'],
        ['server.pem', 'certificate'],
      ];
  }
}

function requestedFiles(type: ServerType): readonly ExportItem[] {
  switch (type) {
    case 'APACHE':
    case 'IIS':
    case 'TOMCAT':
      return [
        ['chain.crt', 'chain'],
        ['server.crt', 'certificate'],
      ];
    case 'NGINX':
      // nginx takes the intermediates from this very file, so a lone certificate would break its clients' path building.
      return [['server.crt', 'certificateAndChain']];
    case 'OTHER':
      return [
        ['chain.pem', 'chain'],
        ['cert.pem', 'certificate'],
      ];
  }
}

function internationalFields(asked: ExportCase): readonly ExportItem[] | undefined {
  const certificates: ExportItem[] = [
    ['certificate', 'certificate'],
    ['certificate_chain', 'chain'],
  ];
  if (asked.keyOrigin === 'CSR') return certificates;
  if (asked.type === 'IIS' || asked.type === 'TOMCAT') return undefined;
  return [...certificates, ['private_key', 'privateKey']];
}

function smFiles(asked: ExportCase): readonly ExportItem[] {
  const signatureKey: ExportItem[] = asked.keyOrigin === 'GENERATE' ? [['signCert.key', 'privateKey']] : [];
  const encryptionKey: ExportItem[] = asked.smStandard
    ? [
        ['encSm2EnvelopedKey.key', 'envelopeGmt0009'],
        ['signedAndEnvelopedData.key', 'envelopeGmt0010'],
      ]
    : [['encCert.key', 'encPrivateKey']];
  return [
    ['chain.pem', 'chain'],
    ...signatureKey,
    ['signCert.pem', 'certificate'],
    ...encryptionKey,
    ['encCert.pem', 'encCertificate'],
  ];
}

function smFields(asked: ExportCase): readonly ExportItem[] {
  const signatureKey: ExportItem[] = asked.keyOrigin === 'GENERATE' ? [['private_key', 'privateKey']] : [];
  const encryptionKey: ExportItem[] = asked.smStandard
    ? [
        ['enc_sm2_enveloped_key', 'envelopeGmt0009'],
        ['signed_and_enveloped_data', 'envelopeGmt0010'],
      ]
    : [['enc_private_key', 'encPrivateKey']];
  return [
    ['certificate_chain', 'chain'],
    ['certificate', 'certificate'],
    ...signatureKey,
    ['enc_certificate', 'encCertificate'],
    ...encryptionKey,
  ];
}
