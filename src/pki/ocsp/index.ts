export { encodeOcspRequest } from './build-request.ts';
export {
  buildOcspResponse,
  type CertStatus,
  encodeOcspError,
  type OcspError,
  type OcspResponseContents,
  type SingleResponse,
} from './build-response.ts';
export {
  type CertId,
  type CertIdHash,
  encodeCertId,
  type IssuerHashes,
  issuerHashes,
} from './cert-id.ts';
export { largestOcspRequest, type OcspRequest, parseOcspRequest } from './parse-request.ts';
export { type BasicOcspResponse, parseOcspResponse, type ReadSingleResponse } from './parse-response.ts';
