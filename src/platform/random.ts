import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness as a port; all of it is cryptographically strong. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** RFC 9562 version 4, lower case, 36 characters. */
  uuid(): string;
  /** 32 hexadecimal digits: the form of identity ids (accounts, projects, users). */
  hexId(): string;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  hexId: () => randomUUID().replaceAll('-', ''),
};
