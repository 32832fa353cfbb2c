/** Keeps a server's certificate from expiring. */
export { keepRenewed, type Renewal } from './renewal.ts';
/** The installation's own CA; its certificate is what clients trust to reach the API. */
export { openSystemCa, type SystemCa, type SystemCaPorts } from './system-ca.ts';
