/** Where a request without an actor yet comes from, for the audit record. */
export interface RequestOrigin {
  readonly sourceIp: string | undefined;
  readonly requestId: string;
}
