/** The password does not open the file, or the file was changed: the formats cannot tell the two apart. */
export class WrongPasswordError extends Error {
  override readonly name = 'WrongPasswordError';

  constructor(message = 'the password is wrong or the data was changed') {
    super(message);
  }
}

/** The password as PBKDF2 and scrypt take it: UTF-8 (RFC 8018 §3 leaves it open; OpenSSL and Java use UTF-8). */
export function passwordUtf8(password: string): Uint8Array {
  return new TextEncoder().encode(password);
}

/** The password as JKS takes it: the UTF-16 code units of the string, big-endian, without a terminator. */
export function passwordUtf16(password: string): Uint8Array {
  return Buffer.from(password, 'utf16le').swap16();
}

/** The password as the key derivation of PKCS #12 takes it: a BMPString with its two zero bytes (RFC 7292 §B.1). */
export function passwordBmp(password: string): Uint8Array {
  return passwordUtf16(`${password}\0`);
}
