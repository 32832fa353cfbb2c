import { type Static, Type } from 'typebox';
import { secretSetting } from '../secret-setting.ts';

// HAProxy separates commands by semicolons and words by spaces, so a path must have neither.
const path = Type.String({ pattern: '^/[A-Za-z0-9._/@+-]+$', description: 'An absolute path.' });
const command = Type.Array(Type.String(), {
  minItems: 1,
  description: 'Program and arguments; no shell reads them.',
});

const probe = Type.Array(
  Type.Object(
    {
      host: Type.String({ minLength: 1 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      server_name: Type.Optional(
        Type.String({ minLength: 1, description: 'Default: the domain of the certificate.' }),
      ),
    },
    { additionalProperties: false },
  ),
  { description: 'Where the certificate has to be served after a deployment.' },
);

const place = {
  service: Type.Union([Type.Literal('ELB'), Type.Literal('WAF'), Type.Literal('CDN')]),
  project: Type.String({ minLength: 1, maxLength: 255, description: 'Of CDN: global.' }),
  accounts: Type.Optional(
    Type.Array(Type.String(), { description: 'Ids of the accounts that may use it; default: all.' }),
  ),
};
const timeoutSeconds = Type.Optional(Type.Integer({ minimum: 1, maximum: 300 }));
const probeSeconds = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 120, description: 'Until the new one has to be served; default: 10.' }),
);
const caFile = Type.Optional(
  Type.String({ description: 'PEM file, trusted instead of the public CAs.', minLength: 1 }),
);
const name = Type.Optional(Type.String({ minLength: 1, maxLength: 63 }));
const resourceId = Type.String({ pattern: '^.{1,255}$' });

const folderTarget = Type.Object(
  { ...place, connector: Type.Literal('folder'), folder: path },
  { additionalProperties: false },
);

const nginxTarget = Type.Object(
  {
    ...place,
    connector: Type.Literal('nginx'),
    test: Type.Optional(command),
    reload: Type.Optional(command),
    timeout_seconds: timeoutSeconds,
    probe_seconds: probeSeconds,
    push_folder: Type.Optional(path),
    resources: Type.Record(
      resourceId,
      Type.Object(
        { certificate_file: path, key_file: path, name, probe: Type.Optional(probe) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const haproxyTarget = Type.Object(
  {
    ...place,
    connector: Type.Literal('haproxy'),
    socket: Type.String({
      pattern: '^(/.+|[^/]+:[0-9]{1,5})$',
      description: 'Path of a UNIX socket, or host:port.',
    }),
    crt_list: Type.Optional(path),
    timeout_seconds: timeoutSeconds,
    probe_seconds: probeSeconds,
    push_folder: Type.Optional(path),
    resources: Type.Record(
      resourceId,
      Type.Object(
        { certificate_file: path, name, probe: Type.Optional(probe) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const webhookTarget = Type.Object(
  {
    ...place,
    connector: Type.Literal('webhook'),
    // It carries private keys.
    url: Type.String({ pattern: '^https://' }),
    secret: secretSetting,
    ca_file: caFile,
  },
  { additionalProperties: false },
);

const vendorTarget = Type.Object(
  {
    ...place,
    connector: Type.Literal('vendor'),
    endpoint: Type.String({ pattern: '^https?://' }),
    access_key: Type.String({ minLength: 1 }),
    secret_key: secretSetting,
    project_id: Type.Optional(Type.String({ pattern: '^[0-9a-z]{32}$', description: 'Of ELB and WAF.' })),
    ca_file: caFile,
    probe_seconds: probeSeconds,
    probe: Type.Optional(
      Type.Record(resourceId, probe, { description: 'By the id of the resource, or its domain.' }),
    ),
  },
  { additionalProperties: false },
);

export const targetConfiguration = Type.Array(
  Type.Union([folderTarget, nginxTarget, haproxyTarget, webhookTarget, vendorTarget]),
  { description: 'Without it certificates are put into folders below the data folder.' },
);

export type TargetConfiguration = Static<typeof targetConfiguration>[number];
export type FolderConfiguration = Static<typeof folderTarget>;
export type NginxConfiguration = Static<typeof nginxTarget>;
export type HaproxyConfiguration = Static<typeof haproxyTarget>;
export type WebhookConfiguration = Static<typeof webhookTarget>;
export type VendorConfiguration = Static<typeof vendorTarget>;
export type ProbedEndpoint = Static<typeof probe>[number];
