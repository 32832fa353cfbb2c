/** How the token of an HSM is reached. */
export interface Pkcs11Settings {
  /** Path of the vendor's PKCS#11 library. */
  readonly modulePath: string;
  readonly token: { readonly label: string } | { readonly slotId: number };
  /** A file is read again for each new connection. */
  readonly pin: { readonly value: string } | { readonly file: string };
  /** The HSM cluster of the API that this token is. */
  readonly clusterId: string;
}
