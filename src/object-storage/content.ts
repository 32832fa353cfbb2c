import type { ObjectContent } from './object-storage.ts';

/** The content piece by piece. Throws at the end if it was not as long as it says: what is stored would be another object. */
export async function* piecesOf(content: ObjectContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  let length = 0;
  for await (const piece of content.pieces()) {
    length += piece.byteLength;
    yield piece;
  }
  if (length !== content.byteLength)
    throw new RangeError(`the content has ${length} octets, not the ${content.byteLength} it announced`);
}
