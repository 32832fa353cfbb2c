import { createHash } from 'node:crypto';

/** A service that clients find through the catalog. */
export interface CatalogService {
  readonly name: string;
  readonly type: string;
  /** Appended to the public URL, such as `/v1.0`; `$(project_id)s` stands for the project of the token. */
  readonly path: string;
  /** A global service is the same in every region. */
  readonly global: boolean;
}

export interface CatalogEntry {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly endpoints: readonly {
    readonly id: string;
    readonly interface: 'public';
    readonly region: string;
    readonly region_id: string;
    readonly url: string;
  }[];
}

/** The catalog for a project; its name is the region's. */
export function catalogFor(
  services: readonly CatalogService[],
  publicUrl: string,
  project: { readonly projectId: string; readonly name: string } | undefined,
): CatalogEntry[] {
  return services.map((service) => {
    const region = service.global || !project ? '*' : project.name;
    const path = project ? service.path.replace('$(project_id)s', project.projectId) : service.path;
    const endpoint = {
      id: stableId(`endpoint ${service.name} ${region}`),
      interface: 'public' as const,
      region,
      region_id: region,
      url: publicUrl + path,
    };
    return {
      id: stableId(`service ${service.name}`),
      name: service.name,
      type: service.type,
      endpoints: [endpoint],
    };
  });
}

function stableId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
