import { hash } from 'node:crypto';

/** What the derived bytes are for (RFC 7292 §B.3). */
export const derivationPurpose = { key: 1, iv: 2, mac: 3 } as const;

/** The hash functions of this derivation, with their output and block lengths in bytes. */
export const derivationHashes = {
  sha1: { outputLength: 20, blockLength: 64 },
  sha256: { outputLength: 32, blockLength: 64 },
  sha384: { outputLength: 48, blockLength: 128 },
  sha512: { outputLength: 64, blockLength: 128 },
} as const;
export type DerivationHash = keyof typeof derivationHashes;

// A round takes a microsecond; after this many the event loop has its turn.
const roundsPerTurn = 1000;

type Derivation = {
  hashName: DerivationHash;
  purpose: number;
  password: Uint8Array;
  salt: Uint8Array;
  iterations: number;
  length: number;
};

/** RFC 7292 §B.2, the derivation from which the MAC and the older ciphers of PKCS #12 take their keys. */
export async function deriveFromPassword(derivation: Derivation): Promise<Uint8Array> {
  const { outputLength, blockLength } = derivationHashes[derivation.hashName];
  const diversifier = new Uint8Array(blockLength).fill(derivation.purpose);
  const input = Buffer.concat([
    repeated(derivation.salt, blockLength),
    repeated(derivation.password, blockLength),
  ]);
  const result = Buffer.alloc(Math.ceil(derivation.length / outputLength) * outputLength);
  for (let offset = 0; offset < result.length; offset += outputLength) {
    const block = await iterate(
      derivation.hashName,
      Buffer.concat([diversifier, input]),
      derivation.iterations,
    );
    result.set(block, offset);
    addToBlocks(input, repeated(block, blockLength).subarray(0, blockLength));
  }
  return new Uint8Array(result.subarray(0, derivation.length));
}

async function iterate(hashName: string, first: Uint8Array, iterations: number): Promise<Uint8Array> {
  let block = hash(hashName, first, 'buffer');
  for (let round = 1; round < iterations; round++) {
    if (round % roundsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    block = hash(hashName, block, 'buffer');
  }
  return block;
}

// The text repeated to the next multiple of the block length; the empty text stays empty (step 2 and 3).
function repeated(text: Uint8Array, blockLength: number): Uint8Array {
  const result = new Uint8Array(Math.ceil(text.length / blockLength) * blockLength);
  for (let i = 0; i < result.length; i++) result[i] = text[i % text.length]!;
  return result;
}

// Step 6C: each block of the input becomes (block + B + 1) mod 2^(8 v).
function addToBlocks(input: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1;
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += input[start + i]! + addend[i]!;
      input[start + i] = carry & 0xff;
      carry >>= 8;
    }
  }
}
