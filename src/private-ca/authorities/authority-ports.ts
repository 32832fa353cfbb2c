import type { Issuers } from '../issuer.ts';
import type { PrivateCaPorts } from '../ports.ts';

export type AuthorityPorts = PrivateCaPorts & { readonly issuers: Issuers };
