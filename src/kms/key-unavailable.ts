/** A key that is in an HSM cannot be used now; the message names the cluster and may be shown to clients. It is never replaced. */
export class KeyUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeyUnavailable';
  }
}
