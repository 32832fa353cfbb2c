import { type Static, Type } from 'typebox';
import { secretSetting } from '../secret-setting.ts';

/** Section `mail`: the SMTP server by which confirmations and notices are sent. Without it none is. */
export const mailConfiguration = Type.Object(
  {
    host: Type.String({ minLength: 1, description: 'the SMTP server; it may be in a private network' }),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: '465 with implicit TLS, 587 with starttls, 25 with none, if not given',
      }),
    ),
    tls: Type.Optional(
      Type.Union([Type.Literal('implicit'), Type.Literal('starttls'), Type.Literal('none')], {
        description: 'starttls if not given; nothing is sent where the server does not offer it',
      }),
    ),
    ca_file: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM; trusted for the server instead of the public CAs' }),
    ),
    user: Type.Optional(Type.String({ minLength: 1, description: 'together with password, or not at all' })),
    password: Type.Optional(secretSetting),
    from: Type.String({
      pattern: '^[^\\r\\n]*[^\\s<>@]+@[^\\s<>@]+>?$',
      description: 'the sender, such as OpenCCM <pki@example.com>',
    }),
  },
  { additionalProperties: false },
);

export type MailConfiguration = Static<typeof mailConfiguration>;
