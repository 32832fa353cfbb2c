import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { base64, decodeBase64, keyId, optionalNumeric, sequence } from '../request-fields.ts';
import { deleteImportedKeyMaterial } from './delete-imported-key-material.ts';
import { getParametersForImport } from './get-parameters-for-import.ts';
import { importKeyMaterial } from './import-key-material.ts';

const tags = ['kms'];

function parametersRoute(context: KmsContext, api: Api): void {
  const body = Type.Object({ key_id: keyId, wrapping_algorithm: Type.String(), sequence });
  api.post(
    '/v1.0/:project_id/kms/get-parameters-for-import',
    { schema: { operationId: 'createParametersForImport', tags, body } },
    async (request) => {
      const { key_id: id, wrapping_algorithm: algorithm } = request.body;
      const parameters = await getParametersForImport(context, callerOf(request), id, algorithm);
      return {
        key_id: parameters.keyId,
        import_token: base64(parameters.importToken),
        // Seconds, unlike all other dates of this service.
        expiration_time: parameters.expiresAtMs / 1000,
        public_key: base64(parameters.publicKeySpki),
      };
    },
  );
}

const material = Type.Object({
  key_id: keyId,
  import_token: Type.String({ minLength: 200, maxLength: 6144 }),
  encrypted_key_material: Type.String({ minLength: 1, maxLength: 6144 }),
  encrypted_privatekey: Type.Optional(Type.String({ minLength: 1, maxLength: 6144 })),
  expiration_time: optionalNumeric,
  sequence,
});

function materialRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/import-key-material',
    { schema: { operationId: 'importKeyMaterial', tags, body: material } },
    async (request) => {
      const { body } = request;
      const { encrypted_privatekey: privateKey } = body;
      await importKeyMaterial(context, callerOf(request), {
        keyId: body.key_id,
        importToken: decodeBase64(body.import_token, 'KMS.2605', 'import_token'),
        encryptedKeyMaterial: decodeBase64(body.encrypted_key_material, 'KMS.0308', 'encrypted_key_material'),
        encryptedPrivateKey:
          privateKey === undefined ? undefined : decodeBase64(privateKey, 'KMS.2609', 'encrypted_privatekey'),
        expirationTime: body.expiration_time,
      });
      return {};
    },
  );
  api.post(
    '/v1.0/:project_id/kms/delete-imported-key-material',
    {
      schema: {
        operationId: 'deleteImportedKeyMaterial',
        tags,
        body: Type.Object({ key_id: keyId, sequence }),
      },
    },
    async (request) => {
      await deleteImportedKeyMaterial(context, callerOf(request), request.body.key_id);
      return {};
    },
  );
}

export function importRoutes(context: KmsContext, api: Api): void {
  parametersRoute(context, api);
  materialRoutes(context, api);
}
