/** What every parser of this folder throws for bytes or text that are not what they should be. */
export class MalformedError extends Error {
  override readonly name: string = 'MalformedError';
}

/** Well formed, but of an algorithm, curve or strength that is not supported. */
export class UnsupportedAlgorithmError extends MalformedError {
  override readonly name = 'UnsupportedAlgorithmError';
}
