/** The address is one to which OpenCCM does not connect. The text says why, for whoever gave the address, and names no other one. */
export class OutboundRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundRefused';
  }
}

/** The network, or what answered, did not do as was asked. The text is for the user; `cause` is for the log. */
export class OutboundFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundFailed';
  }
}
