import { type Static, Type } from 'typebox';
import { secretSetting } from '../secret-setting.ts';

const serverAddress = (description: string) =>
  Type.String({
    pattern: '^(\\[[0-9a-fA-F:.]+\\]|[0-9]{1,3}(\\.[0-9]{1,3}){3})(:[0-9]{1,5})?$',
    description,
  });

const port = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description }));

const zones = Type.Array(Type.String({ minLength: 1, description: 'such as example.com' }), {
  minItems: 1,
  description: 'what is at or below one of these names is written there; the longest name wins',
});

/** Who may have a record written can be issued a certificate: it is the proof. */
const zoneAccounts = Type.Optional(
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description: 'ids of the accounts that hold the zones; every account if not given',
  }),
);

const rfc2136 = Type.Object(
  {
    kind: Type.Literal('rfc2136'),
    zones,
    accounts: zoneAccounts,
    server: serverAddress('the primary name server as ip:port, such as 10.0.0.53:53; TCP'),
    tsig: Type.Object(
      {
        name: Type.String({ minLength: 1, description: 'of the key, as the server has it' }),
        algorithm: Type.Union([Type.Literal('hmac-sha256'), Type.Literal('hmac-sha512')]),
        secret: secretSetting,
      },
      { additionalProperties: false, description: 'the secret is base64, as tsig-keygen prints it' },
    ),
  },
  { additionalProperties: false },
);

const huaweiCloudDns = Type.Object(
  {
    kind: Type.Literal('huawei-cloud-dns'),
    zones,
    accounts: zoneAccounts,
    endpoint: Type.String({
      pattern: '^https?://[^/@\\s]+$',
      description: 'such as https://dns.cn-north-4.myhuaweicloud.com; it may be in a private network',
    }),
    access_key: Type.String({ minLength: 1 }),
    secret_key: secretSetting,
    project_id: Type.Optional(Type.String({ minLength: 1, description: 'where the service wants one' })),
  },
  { additionalProperties: false },
);

const prevalidated = Type.Object(
  {
    zones: Type.Array(Type.String({ minLength: 1, description: 'such as corp.example.com' }), {
      minItems: 1,
      description: 'these names and all below them',
    }),
    accounts: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'ids of the accounts that hold them; every account if not given',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Section `validation`: how it is seen that an applicant holds a name. */
export const validationConfiguration = Type.Object(
  {
    resolvers: Type.Optional(
      Type.Array(serverAddress('a DNS server as ip:port'), {
        minItems: 1,
        description: 'asked for records and for the addresses of names; those of the machine if not given',
      }),
    ),
    prevalidated: Type.Optional(
      Type.Array(prevalidated, {
        description:
          'domains that need no proof with the issuers of this installation; ACME servers look for themselves',
      }),
    ),
    http_port: port('80 if not given; another is for tests and closed networks'),
    https_port: port('443 if not given; another is for tests and closed networks'),
    auto_dns: Type.Optional(
      Type.Array(Type.Union([rfc2136, huaweiCloudDns]), {
        description: 'where OpenCCM writes the DNS record itself if the applicant allows it (auto_dns_auth)',
      }),
    ),
  },
  { additionalProperties: false },
);

export type ValidationConfiguration = Static<typeof validationConfiguration>;
export type Rfc2136Settings = Static<typeof rfc2136>;
export type HuaweiCloudDnsSettings = Static<typeof huaweiCloudDns>;
