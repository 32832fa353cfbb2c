/** An HSM for tests of capabilities whose keys may be in one. */
export {
  createTokenInMemory,
  type TokenInMemory,
} from '../../src/kms/providers/pkcs11/token.fixture.ts';
