import { type Static, Type } from 'typebox';
import { secretSetting } from '../secret-setting.ts';

const account = Type.Optional(
  Type.String({ minLength: 1, description: 'id of the account whose notices go there; default: of all' }),
);

/** Section `notifications`: who is told that certificates end, are issued or fail. */
export const notificationConfiguration = Type.Object(
  {
    days_before: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 365 }), {
        maxItems: 20,
        uniqueItems: true,
        description: 'days before the end of a certificate; default: 30, 15, 7, 3, 1',
      }),
    ),
    applicants: Type.Optional(
      Type.Boolean({
        description: 'whether the applicant and the contact of an application are told; default: true',
      }),
    ),
    emails: Type.Optional(
      Type.Array(
        Type.Object(
          { address: Type.String({ pattern: '^[^\\s<>@,;]+@[^\\s<>@,;]+$' }), account_id: account },
          { additionalProperties: false },
        ),
      ),
    ),
    webhooks: Type.Optional(
      Type.Array(
        Type.Object(
          {
            url: Type.String({ pattern: '^https?://', description: 'it may be in a private network' }),
            secret: secretSetting,
            ca: Type.Optional(
              Type.String({ minLength: 1, description: 'PEM file, trusted instead of the public CAs' }),
            ),
            account_id: account,
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);

export type NotificationConfiguration = Static<typeof notificationConfiguration>;
