import type { IamContext } from '../context.ts';
import { selfLink } from '../links.ts';
import type { UserTable } from '../tables.ts';
import { formatSpaced, formatWithoutZone } from '../timestamps.ts';
import { passwordEndMs } from './password-end.ts';

type Presentation = Pick<IamContext, 'publicUrl' | 'security'>;

/** Keystone's form, of /v3/users. */
export async function presentUser(user: UserTable, { publicUrl, security }: Presentation) {
  const endMs = passwordEndMs(user, (await security.of(user.account_id)).password);
  return {
    id: user.user_id,
    name: user.name,
    domain_id: user.account_id,
    enabled: user.enabled === 1,
    description: user.description,
    password_expires_at: endMs === undefined ? '' : formatWithoutZone(endMs),
    pwd_status: user.password_reset === 1,
    pwd_strength: user.password_strength,
    default_project_id: user.default_project_id ?? '',
    last_project_id: '',
    links: { ...selfLink(publicUrl, `/v3/users/${user.user_id}`), next: null, previous: null },
  };
}

/** The form of /v3.0/OS-USER/users, which shows all there is. */
export async function presentFullUser(user: UserTable, presentation: Presentation) {
  return {
    ...(await presentUser(user, presentation)),
    email: user.email ?? '',
    areacode: user.area_code ?? '',
    phone: user.phone ?? '',
    access_mode: user.access_mode,
    xuser_id: user.external_id ?? '',
    xuser_type: user.external_type ?? '',
    is_domain_owner: user.is_root === 1,
    create_time: formatSpaced(user.created_at),
    update_time: formatSpaced(user.updated_at),
    last_login_time: user.last_login_at === null ? '' : formatSpaced(user.last_login_at),
  };
}
