import { type Static, Type } from 'typebox';
import { brands, certificateTypes } from '../orders/product.ts';
import { secretSetting } from '../secret-setting.ts';

const strict = { additionalProperties: false } as const;

function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(Type.String({ enum: [...values], description }));
}

/** CA/Browser Forum, Baseline Requirements §3.2.2.4.4: the mailboxes that stand for whoever runs a domain. */
const mailboxes = ['admin', 'administrator', 'webmaster', 'hostmaster', 'postmaster'] as const;

const uuid = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
const caId = Type.String({ pattern: uuid, description: 'ca_id of a private CA.' });

const mailbox = Type.Optional(
  oneOf(
    mailboxes,
    'Mailbox of the domain to which the link of an EMAIL verification goes; admin by default.',
  ),
);

const privateCaDefinition = Type.Object(
  {
    kind: Type.Literal('private-ca'),
    ca_id: Type.Optional(caId),
    ca_tag: Type.Optional(
      Type.Object(
        { key: Type.String({ minLength: 1 }), value: Type.String() },
        {
          ...strict,
          description: "The applicant's account's CA with this tag.",
        },
      ),
    ),
    accounts: Type.Optional(Type.Record(Type.String(), caId, { description: 'ca_id by account id.' })),
    email_mailbox: mailbox,
  },
  strict,
);

const acmeDefinition = Type.Object(
  {
    kind: Type.Literal('acme'),
    directory_url: Type.String({ pattern: '^https://[^\\s]+$' }),
    terms_of_service_agreed: Type.Literal(true),
    contact: Type.Optional(
      Type.Array(Type.String({ pattern: '^mailto:[^\\s]+$' }), { description: 'RFC 8555 7.3.' }),
    ),
    eab: Type.Optional(
      Type.Object(
        { kid: Type.String({ minLength: 1 }), hmac_key: secretSetting },
        {
          ...strict,
          description: 'External account binding, RFC 8555 7.3.4; the key in base64url.',
        },
      ),
    ),
    ca_file: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM; trusted for the server instead of the public CAs' }),
    ),
  },
  strict,
);

/** The section `issuers`: who issues what. */
export const issuerConfiguration = Type.Object(
  {
    built_in: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(
            Type.Boolean({ description: 'Whether it issues what no rule is for; true by default.' }),
          ),
          email_mailbox: mailbox,
        },
        strict,
      ),
    ),
    definitions: Type.Optional(Type.Record(Type.String(), Type.Union([privateCaDefinition, acmeDefinition]))),
    rules: Type.Optional(
      Type.Array(
        Type.Object(
          {
            brand: Type.Optional(oneOf(brands, 'All brands if absent.')),
            type: Type.Optional(oneOf(certificateTypes, 'All types if absent.')),
            issuer: Type.String({ description: 'Of `definitions`, or built-in.' }),
          },
          strict,
        ),
        { description: 'The first that fits decides.' },
      ),
    ),
  },
  strict,
);

export type IssuerConfiguration = Static<typeof issuerConfiguration>;
export type PrivateCaDefinition = Static<typeof privateCaDefinition>;
export type AcmeDefinition = Static<typeof acmeDefinition>;
