/** Where the entries of a CRL wait until their length is known, in the order in which they were added. */
export type CrlSpool = {
  append(octets: Uint8Array): Promise<void>;
  /** From the beginning, each time it is called. */
  read(): AsyncIterable<Uint8Array>;
};

/** For CRLs that are known to be small: 40 octets per entry. */
export function memorySpool(): CrlSpool {
  const kept: Uint8Array[] = [];
  return {
    async append(octets) {
      kept.push(octets);
    },
    async *read() {
      yield* kept;
    },
  };
}
