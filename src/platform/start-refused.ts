/** The program cannot run as it is set up; the message tells the operator what to change, so no stack is shown. */
export class StartRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartRefused';
  }
}
