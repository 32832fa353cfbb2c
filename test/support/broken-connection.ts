/** Whether a request failed as the other side went away before it answered: whether it was carried out is then unknown. */
export const isBrokenConnection = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(String(error.code));
