/** One entry of a Java KeyStore. `createdMs` counts milliseconds since 1970; aliases are lower case. */
export type JksEntry =
  | {
      kind: 'privateKey';
      alias: string;
      createdMs: number;
      privateKeyPkcs8: Uint8Array;
      /** The leaf first, then its issuers. */
      certificatesDer: Uint8Array[];
    }
  | { kind: 'trustedCertificate'; alias: string; createdMs: number; certificateDer: Uint8Array };

// The numbers that open a keystore of type JKS; 2 is the only version Java has written since 1.2.
export const jksMagic = 0xfeedfeed;
export const jksVersion = 2;
export const jksPrivateKeyTag = 1;
export const jksTrustedCertificateTag = 2;
export const jksCertificateType = 'X.509';
export const jksDigestLength = 20;
