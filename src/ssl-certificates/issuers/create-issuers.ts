import type { KeyStore } from '../../kms/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { Random } from '../../platform/random.ts';
import { StartRefused } from '../../platform/start-refused.ts';
import type { ServerCertificates } from '../../private-ca/index.ts';
import { scmError } from '../errors.ts';
import { readSecret } from '../secret-setting.ts';
import { openAcmeIssuer } from './acme/open-acme-issuer.ts';
import { createAuthorityIssuer } from './authority-issuer.ts';
import { BuiltInHierarchy, type BuiltInRoot, systemAccount } from './built-in-hierarchy.ts';
import type { Issuer, Issuers } from './issuer.ts';
import type { AcmeDefinition, IssuerConfiguration } from './issuer-configuration.ts';
import { createPrivateCaIssuer } from './private-ca-issuer.ts';
import { policyOf } from './server-certificate-profile.ts';

export interface IssuerPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyStore: KeyStore;
  readonly outbound: Pick<Outbound, 'request'>;
  readonly serverCertificates: ServerCertificates;
  /** Has OCSP on for a CA that the account has; may be repeated. */
  readonly publishStatus: (accountId: string, caId: string) => Promise<void>;
}

/** The issuers of the configuration, and what relying parties are to trust of them. */
export interface ConfiguredIssuers extends Issuers {
  /** Of the built-in issuer, as far as it was used. */
  roots(): Promise<readonly BuiltInRoot[]>;
}

/** The issuer that is there without configuration. */
const builtIn = 'built-in';

/** Throws `StartRefused` for a rule without issuer, an issuer without CA, or a secret that cannot be read. */
export function createIssuers(
  ports: IssuerPorts,
  configuration: IssuerConfiguration = {},
): ConfiguredIssuers {
  const { built_in: own = {}, definitions = {}, rules = [] } = configuration;
  if (Object.hasOwn(definitions, builtIn)) {
    throw new StartRefused(
      `issuers.definitions: ${builtIn} is the name of the issuer that needs no definition`,
    );
  }
  const hierarchy = new BuiltInHierarchy(ports);
  const issuers = new Map<string, Issuer>([[builtIn, builtInIssuer(ports, hierarchy, own.email_mailbox)]]);
  for (const [name, definition] of Object.entries(definitions)) {
    issuers.set(
      name,
      definition.kind === 'acme'
        ? acmeIssuer(ports, definition)
        : createPrivateCaIssuer(ports, name, definition),
    );
  }
  rules.forEach(({ issuer }, index) => {
    if (issuers.has(issuer)) return;
    throw new StartRefused(`issuers.rules[${index}].issuer: there is no definition of ${issuer}`);
  });
  const fallback = own.enabled === false ? undefined : builtIn;
  return {
    chosen(brand, type) {
      const rule = rules.find((each) => (each.brand ?? brand) === brand && (each.type ?? type) === type);
      const name = rule?.issuer ?? fallback;
      if (name === undefined) {
        throw scmError('SCM.0017', `No issuer is configured for ${brand} ${type}.`);
      }
      return { name, issuer: issuers.get(name)! };
    },
    named: (name) => issuers.get(name),
    roots: () => hierarchy.roots(),
  };
}

function builtInIssuer(ports: IssuerPorts, hierarchy: BuiltInHierarchy, mailbox = 'admin'): Issuer {
  return createAuthorityIssuer(ports, {
    mailbox,
    withUnit: false,
    policies: (type) => [policyOf(type)],
    authority: async ({ brand }, isSm2) => ({
      accountId: systemAccount,
      caId: await hierarchy.issuingCa(brand, isSm2 ? 'SM2' : 'RSA'),
    }),
  });
}

function acmeIssuer(ports: IssuerPorts, definition: AcmeDefinition): Issuer {
  const { ca_file: caFile, contact = [], directory_url: directoryUrl, eab } = definition;
  return openAcmeIssuer(ports, {
    outbound: ports.outbound,
    directoryUrl,
    contact,
    ca: caFile === undefined ? undefined : readSecret({ file: caFile }),
    externalAccountBinding: eab && { kid: eab.kid, hmacKey: readSecret(eab.hmac_key) },
  });
}
