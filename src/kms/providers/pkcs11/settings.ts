/** How the token of an HSM is reached. */
export interface Pkcs11Settings {
  /** Path of the vendor's PKCS#11 library. */
  readonly modulePath: string;
  readonly token: { readonly label: string } | { readonly slotId: number };
  /** Read again at each start of a connection when it is a file. */
  readonly pin: { readonly value: string } | { readonly file: string };
  /** The HSM cluster of the API that this token is. */
  readonly clusterId: string;
}

/** The configuration names no token, or names it ambiguously; the message tells the operator which variable. */
export class InvalidPkcs11Settings extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidPkcs11Settings';
  }
}

const clusterPattern = /^[0-9A-Za-z-]{1,64}$/;

function oneOf(environment: Environment, first: string, second: string): string {
  const given = [first, second].filter((name) => environment[name]);
  if (given.length !== 1) throw new InvalidPkcs11Settings(`exactly one of ${first} and ${second} is needed`);
  return given[0]!;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `OPENCCM_PKCS11_MODULE`, `_TOKEN_LABEL` or `_SLOT`, `_PIN_FILE` or `_PIN`, and `_CLUSTER_ID`. Undefined if no module is
 * named. Throws `InvalidPkcs11Settings`, never with the PIN.
 */
export function parsePkcs11Settings(environment: Environment): Pkcs11Settings | undefined {
  const modulePath = environment.OPENCCM_PKCS11_MODULE;
  if (!modulePath) return undefined;
  const tokenName = oneOf(environment, 'OPENCCM_PKCS11_TOKEN_LABEL', 'OPENCCM_PKCS11_SLOT');
  const tokenText = environment[tokenName]!;
  if (tokenName === 'OPENCCM_PKCS11_SLOT' && !/^\d{1,15}$/.test(tokenText))
    throw new InvalidPkcs11Settings('OPENCCM_PKCS11_SLOT must be the number of a slot');
  const pinName = oneOf(environment, 'OPENCCM_PKCS11_PIN', 'OPENCCM_PKCS11_PIN_FILE');
  const pinText = environment[pinName]!;
  const clusterId = environment.OPENCCM_PKCS11_CLUSTER_ID ?? '';
  if (!clusterPattern.test(clusterId)) {
    throw new InvalidPkcs11Settings(
      'OPENCCM_PKCS11_CLUSTER_ID must name the HSM cluster: 1 to 64 letters, digits and -',
    );
  }
  return {
    modulePath,
    token: tokenName === 'OPENCCM_PKCS11_SLOT' ? { slotId: Number(tokenText) } : { label: tokenText },
    pin: pinName === 'OPENCCM_PKCS11_PIN' ? { value: pinText } : { file: pinText },
    clusterId,
  };
}
