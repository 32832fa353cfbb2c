/** From where keys of a key space may be used. */
export interface AccessPointTable {
  access_point_id: string;
  account_id: string;
  project_id: string;
  keyspace_id: string;
  access_point_name: string;
  /** 1 ECS, 2 CCE, 3 Custom. */
  type: number;
  /** What the caller said of an ECS or a CCE cluster. */
  identity: string | null;
  cluster_id: string | null;
  /** Custom: the key pair that the service made. DER SubjectPublicKeyInfo in Base64, to be found by. */
  public_key: string | null;
  wrapped_private_key: Uint8Array | null;
  description: string;
  is_enabled: number;
  created_by: string;
  created_at: number;
  modified_at: number;
}

export interface AccessPointTables {
  kms_access_points: AccessPointTable;
}
