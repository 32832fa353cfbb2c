export { parseAuthorization, type SignedAuthorization } from './authorization-header.ts';
export type { WireRequest } from './canonical-request.ts';
export { signRequest } from './sign-request.ts';
export { hasAcceptableDate, verifySignature } from './verify-signature.ts';
