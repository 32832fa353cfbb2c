import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { StartRefused } from '../platform/start-refused.ts';
import { applicationConfiguration } from './applications/application-configuration.ts';
import { inventoryConfiguration } from './inventory/inventory-configuration.ts';
import { issuerConfiguration } from './issuers/issuer-configuration.ts';
import { mailConfiguration } from './mail/mail-configuration.ts';
import { notificationConfiguration } from './notifications/notification-configuration.ts';
import { renewalConfiguration } from './renewal/renewal-configuration.ts';
import { targetConfiguration } from './targets/target-configuration.ts';
import { validationConfiguration } from './validators/validation-configuration.ts';

const sslConfiguration = Type.Object(
  {
    outbound: Type.Optional(
      Type.Object(
        { allow: Type.Array(Type.String({ description: 'CIDR, such as 10.0.0.0/8' })) },
        { additionalProperties: false },
      ),
    ),
    issuers: Type.Optional(issuerConfiguration),
    applications: Type.Optional(applicationConfiguration),
    validation: Type.Optional(validationConfiguration),
    mail: Type.Optional(mailConfiguration),
    targets: Type.Optional(targetConfiguration),
    notifications: Type.Optional(notificationConfiguration),
    renewal: Type.Optional(renewalConfiguration),
    inventory: Type.Optional(inventoryConfiguration),
  },
  { additionalProperties: false },
);

/** What the file named by OPENCCM_SSL_CONFIG says; what it leaves out is as the sections' defaults. */
export type SslConfiguration = Static<typeof sslConfiguration>;

/** Reads the text of that file. Throws `StartRefused` that names the place and what it has to be. */
export function readSslConfiguration(text: string, file: string): SslConfiguration {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new StartRefused(`${file} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (Value.Check(sslConfiguration, parsed)) return parsed;
  const [first] = Value.Errors(sslConfiguration, parsed);
  throw new StartRefused(`${file}: ${first?.instancePath || 'the file'} ${first?.message}`);
}
