/** The one error every parser of this folder throws for bytes or text that are not what they should be. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}
