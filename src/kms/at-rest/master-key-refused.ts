/** The server must not start: without the right master key it could read nothing, or would write over what is there. */
export class MasterKeyRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MasterKeyRefused';
  }
}
