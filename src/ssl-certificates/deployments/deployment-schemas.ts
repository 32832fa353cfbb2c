import { Type } from 'typebox';

export const certificateIdParams = Type.Object({
  certificate_id: Type.String({ minLength: 16, maxLength: 16 }),
});

const service = Type.String({ minLength: 1, maxLength: 64, description: 'CDN, WAF or ELB, in any case.' });

export const pushBody = Type.Object({
  target_service: service,
  target_project: Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'Region or project of the service; empty or absent for CDN.',
    }),
  ),
});

export const batchPushBody = Type.Object({
  target_service: service,
  target_projects: Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { minItems: 1, maxItems: 10 }),
});

export const batchPushResponse = Type.Object({
  results: Type.Array(
    Type.Object({
      project_name: Type.String({ description: 'As it was sent.' }),
      cert_id: Type.String({ description: "The service's id of the certificate; empty for a failure." }),
      message: Type.String({ description: 'success, or why not.' }),
    }),
  ),
});

// What is missing or too many is refused by the verb, which has codes for it.
export const deployBody = Type.Object({
  project_name: Type.Optional(Type.String({ maxLength: 255, description: 'Mandatory for WAF and ELB.' })),
  service_name: Type.Optional(Type.String({ description: 'CDN, WAF or ELB, in any case.' })),
  resources: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.Optional(Type.String({ maxLength: 63, description: 'Mandatory for WAF and ELB.' })),
        type: Type.Optional(
          Type.String({
            maxLength: 63,
            description:
              'WAF: cloud or premium. ELB: nothing for a certificate of ELB, listener for a listener.',
          }),
        ),
        domain_name: Type.Optional(
          Type.String({ maxLength: 255, description: 'Mandatory for CDN: the accelerated domain.' }),
        ),
        enterprise_project_id: Type.Optional(
          Type.String({ maxLength: 63, description: 'Mandatory for WAF.' }),
        ),
      }),
      { description: '1 to 20.' },
    ),
  ),
});

export const deployResponse = Type.Object({
  failure_list: Type.Array(
    Type.Object({
      resource: Type.String({ description: 'The id, or the accelerated domain of CDN.' }),
      failure_info: Type.String({ description: 'What the service says.' }),
    }),
  ),
});

export const deployedResourcesBody = Type.Object({
  certificate_ids: Type.Optional(Type.Array(Type.String(), { description: '1 to 50.' })),
  service_names: Type.Optional(Type.Array(Type.String(), { description: 'WAF, CDN, ELB or ALL.' })),
});

export const deployedResourcesResponse = Type.Object({
  results: Type.Array(
    Type.Object({
      certificate_id: Type.String(),
      total_num: Type.Integer(),
      deployed_resources: Type.Array(
        Type.Object({
          service: Type.String(),
          resource_num: Type.Integer(),
          resource_location: Type.String({ description: 'global or region.' }),
          region_resources: Type.Array(
            Type.Object({
              region_id: Type.String({ description: 'global of CDN.' }),
              is_error: Type.Boolean({
                description: 'The service could not be asked; what was recorded is shown.',
              }),
              resources: Type.Array(
                Type.Object({ resource_id: Type.String(), resource_name: Type.String() }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});
