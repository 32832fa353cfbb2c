export { parseAuthorization, type SignedAuthorization } from './authorization-header.ts';
export type { WireHead, WireRequest } from './canonical-request.ts';
export { signRequest } from './sign-request.ts';
export { hasAcceptableDate, type SignedBody, verifyHead, verifySignature } from './verify-signature.ts';
