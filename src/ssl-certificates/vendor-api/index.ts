/** Requests to the vendor's services (ELB, WAF, CDN, DNS), signed with an access key. */
export {
  createVendorClient,
  type VendorClient,
  VendorRefusal,
  type VendorSettings,
} from './vendor-client.ts';
