/** Permissions that the service, as an agency of the account, needs there for its CRLs; names of the vendor's object storage. */
export const agencyPermissions = {
  putObject: 'obs:object:PutObject',
  listBuckets: 'obs:bucket:ListAllMyBuckets',
} as const;

/** The reference asks for the role, not for a permission (PCA-D070): this is what the role gives and no read-only policy does. */
export const agencyManagement = 'iam:agencies:createAgency';
