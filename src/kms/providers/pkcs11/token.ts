/** What a token can hold; each is generated in it and never leaves it. */
export type TokenKeyPairAlgorithm =
  | 'RSA2048'
  | 'RSA3072'
  | 'RSA4096'
  | 'EC256'
  | 'EC384'
  | 'EC521'
  | 'SECP256K1';

export type TokenHash = 'SHA256' | 'SHA384' | 'SHA512';
/** PSS has a salt as long as the digest. */
export type TokenScheme = 'RSA_PKCS1' | 'RSA_PSS' | 'ECDSA';

export interface TokenDescription {
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serialNumber: string;
}

/**
 * A PKCS#11 token (PKCS #11 v2.40). Keys are named by the caller; a name is used once. Every call rejects with `TokenUnavailable`
 * when the token cannot be reached, and nothing is ever done elsewhere instead.
 */
export interface Token {
  /** The HSM cluster of the API that this token is. */
  readonly clusterId: string;
  describe(): Promise<TokenDescription>;
  /** DER SubjectPublicKeyInfo of the new pair. */
  generateKeyPair(keyName: string, algorithm: TokenKeyPairAlgorithm): Promise<Uint8Array>;
  generateAesKey(keyName: string): Promise<void>;
  /** Signature over a digest; ECDSA in DER. Rejects with `TokenKeyMissing`. */
  sign(keyName: string, scheme: TokenScheme, hash: TokenHash, digest: Uint8Array): Promise<Uint8Array>;
  /** AES-256-GCM with a nonce of 12 bytes; ciphertext and the tag of 16 bytes. */
  encrypt(keyName: string, message: GcmMessage): Promise<Uint8Array>;
  /** Rejects with `NotGenuine` if ciphertext, nonce or additional data were changed. */
  decrypt(keyName: string, message: GcmMessage): Promise<Uint8Array>;
  /** Also if there is no such key. */
  destroyKey(keyName: string): Promise<void>;
  hasKey(keyName: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface GcmMessage {
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
  readonly data: Uint8Array;
}

/** The token cannot be reached or refuses to serve; the message tells the operator why. It never holds a PIN or a key. */
export class TokenUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenUnavailable';
  }
}

/** The token is there and has no key of that name. */
export class TokenKeyMissing extends Error {
  constructor(keyName: string) {
    super(`the token has no key ${keyName}`);
    this.name = 'TokenKeyMissing';
  }
}

/** The token cannot do what was asked, such as a mechanism that it does not have. */
export class TokenRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TokenRefused';
  }
}

/** What should be decrypted was changed, or belongs to another key or place. */
export class NotGenuine extends Error {
  constructor() {
    super('the ciphertext is not genuine for this key and place');
    this.name = 'NotGenuine';
  }
}
