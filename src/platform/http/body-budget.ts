/** The bytes of request bodies that are held in memory at a time, by all sources together and by each. */
export class BodyBudget {
  readonly #mostBytes: number;
  readonly #mostBytesOfSource: number;
  readonly #bytesOfSource = new Map<string, number>();
  #bytes = 0;

  /** A source may hold a quarter, so that others find room beside it. */
  constructor(mostBytes: number, mostBytesOfSource = Math.ceil(mostBytes / 4)) {
    this.#mostBytes = mostBytes;
    this.#mostBytesOfSource = mostBytesOfSource;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False, and nothing taken, if there is no room. */
  take(source: string, bytes: number): boolean {
    const ofSource = (this.#bytesOfSource.get(source) ?? 0) + bytes;
    if (this.#bytes + bytes > this.#mostBytes || ofSource > this.#mostBytesOfSource) return false;
    this.#bytes += bytes;
    this.#bytesOfSource.set(source, ofSource);
    return true;
  }

  release(source: string, bytes: number): void {
    const left = (this.#bytesOfSource.get(source) ?? 0) - bytes;
    this.#bytes -= bytes;
    if (left > 0) this.#bytesOfSource.set(source, left);
    else this.#bytesOfSource.delete(source);
  }
}
