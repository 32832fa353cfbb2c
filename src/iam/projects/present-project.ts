import type { ProjectTable } from '../tables.ts';

/** The form of A.3 of the reference. */
export function presentProject(project: ProjectTable, publicUrl: string) {
  return {
    id: project.project_id,
    name: project.name,
    domain_id: project.account_id,
    parent_id: project.parent_id,
    is_domain: false,
    enabled: project.enabled === 1,
    description: project.description,
    links: { next: null, previous: null, self: `${publicUrl}/v3/projects/${project.project_id}` },
  };
}
