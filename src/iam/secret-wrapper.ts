/**
 * Keeps what must be read again (an access key's secret is needed for every signature) encrypted at rest. The additional data binds
 * a wrapped secret to its place, so that it cannot be moved to another row. `unwrap` rejects if either was changed.
 */
export interface SecretWrapper {
  wrap(plaintext: Uint8Array, additionalData: string): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array, additionalData: string): Promise<Uint8Array>;
}
