import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import type { AccessControl } from '../access-control.ts';
import { updateAccessKeyRow } from '../access-keys/store.ts';
import type { Actor } from '../actor.ts';
import type { ApprovalGate } from '../approvals/approval-gate.ts';
import type { RepeatedRefusals } from '../audit/repeated-refusals.ts';
import { signatureFaults } from '../errors.ts';
import { findProject } from '../projects/store.ts';
import {
  hasAcceptableDate,
  parseAuthorization,
  type SignedAuthorization,
  type SignedBody,
  verifyHead,
  type WireHead,
} from '../request-signature/index.ts';
import type { SecretWrapper } from '../secret-wrapper.ts';
import { requireAddress } from '../security-policies/require-address.ts';
import type { SecuritySettings } from '../security-policies/security-settings.ts';
import type { SessionTable } from '../tables.ts';
import { requireKeyMode, requireOwnPassword, servesPasswordChange } from '../tokens/access-mode.ts';
import { findSession } from '../tokens/store.ts';
import { credentialOfSession, noCredential, permanentKeyCredential } from './credential.ts';
import { FreshCache, type IdentityVersion } from './fresh-cache.ts';
import { IdleSessions } from './idle-sessions.ts';
import type { IdleUsers } from './idle-users.ts';
import type { Principal, PrincipalLoader } from './principal.ts';
import { hashToken } from './secrets.ts';
import { type SigningKey, SigningKeyLoader } from './signing-key.ts';
import type { Standing } from './standing.ts';

/** What is wrong with a token; each service has its own answer to it. */
export type TokenFault = 'missing' | 'invalid' | 'expired';

/** The head of a request as authentication sees it. */
export interface IncomingHead extends WireHead {
  readonly sourceIp: string | undefined;
  readonly requestId: string;
  /** The body, once it is read: handlers may ask, authentication does not. */
  readonly receivedBody: () => Uint8Array;
}

/** Who asks, and by which session if not by a permanent key. */
export interface Authentication {
  readonly actor: Actor;
  readonly principal: Principal;
  readonly session: SessionTable | undefined;
}

/** Finishes an authentication by signature when the body is there. */
export type BodyAuthentication = (body: Uint8Array) => Promise<Authentication>;

interface AuthenticatorPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly machineClock: Clock;
  readonly log: Log;
  readonly secretWrapper: SecretWrapper;
  readonly version: IdentityVersion;
  readonly principals: PrincipalLoader;
  readonly security: SecuritySettings;
  readonly idleUsers: IdleUsers;
  readonly approvals: ApprovalGate;
  readonly accessControl: AccessControl;
  readonly repeatedRefusals: RepeatedRefusals;
}

const noBody = Buffer.alloc(0);
const maximumSessions = 50_000;
const maximumProjects = 10_000;
/** How exact `last_use_time` is; a write per request would cost more than the request. */
const lastUsedPrecisionMs = 15 * 60_000;

export class Authenticator {
  readonly #ports: AuthenticatorPorts;
  readonly #sessions: FreshCache<SessionTable>;
  readonly #projects: FreshCache<{ readonly enabled: boolean }>;
  readonly #keys: SigningKeyLoader;
  readonly #idleSessions: IdleSessions;

  constructor(ports: AuthenticatorPorts) {
    const { database, clock, version, secretWrapper } = ports;
    this.#ports = ports;
    this.#sessions = new FreshCache(clock, version, maximumSessions);
    this.#projects = new FreshCache(clock, version, maximumProjects);
    this.#idleSessions = new IdleSessions(ports);
    this.#keys = new SigningKeyLoader(database, secretWrapper, clock, version);
  }

  /**
   * Authenticates by the head alone, before the body is read: a token decides, of a signature the key, the date and the form are known.
   * Throws `tokenFault(...)` for a token's faults, the gateway's 401 for a signature's.
   */
  async authenticateHead(
    request: IncomingHead,
    tokenFault: (fault: TokenFault) => Error,
  ): Promise<Authentication | BodyAuthentication> {
    const token = request.headers['x-auth-token'];
    if (typeof token === 'string' && token !== '') return this.#byToken(request, token, tokenFault);
    const authorization = request.headers.authorization;
    if (typeof authorization === 'string' && authorization !== '')
      return this.#bySignature(request, authorization);
    throw tokenFault('missing');
  }

  /** Of a bearer token, from any header or body; undefined if it is unknown, expired or void. */
  async describeToken(token: string): Promise<{ session: SessionTable; principal: Principal } | undefined> {
    const found = await this.#findSession(token);
    if (found === undefined || found === 'expired') return undefined;
    return (await this.#idleSessions.use(found.session)) ? found : undefined;
  }

  /** True if the project is the account's and enabled. */
  async projectExists(accountId: string, projectId: string): Promise<boolean> {
    const project = await this.#projects.get(`${accountId} ${projectId}`, async () => {
      const row = await findProject(this.#ports.database, accountId, projectId);
      return row && { enabled: row.enabled === 1 };
    });
    return project?.enabled === true;
  }

  async #findSession(
    token: string,
  ): Promise<{ session: SessionTable; principal: Principal } | 'expired' | undefined> {
    const hash = hashToken(token);
    const session = await this.#sessions.get(hash, () => findSession(this.#ports.database, hash));
    if (session?.use !== 'bearer') return undefined;
    if (session.expires_at <= this.#ports.clock.nowMs()) return 'expired';
    const principal = await this.#ports.principals.ofHolder(session);
    if (!principal || !(await this.#isScopeUsable(session))) return undefined;
    return { session, principal };
  }

  async #isScopeUsable(session: SessionTable): Promise<boolean> {
    return session.project_id === null || this.projectExists(session.account_id, session.project_id);
  }

  async #byToken(
    request: IncomingHead,
    token: string,
    tokenFault: (fault: TokenFault) => Error,
  ): Promise<Authentication> {
    const found = await this.#findSession(token);
    if (found === undefined) throw tokenFault('invalid');
    if (found === 'expired') throw tokenFault('expired');
    const { session, principal } = found;
    const actor = this.#actor(
      request,
      principal,
      {
        projectId: session.project_id ?? undefined,
        accessKeyId: undefined,
        credential: credentialOfSession(session),
      },
      { session },
    );
    const authentication = { actor, principal, session };
    if (!(await this.#admit(request, authentication))) throw tokenFault('expired');
    return authentication;
  }

  async #bySignature(request: IncomingHead, header: string): Promise<BodyAuthentication | Authentication> {
    const authorization = parseAuthorization(header);
    if (!authorization || !hasAcceptableDate(request, authorization, this.#ports.machineClock.nowMs()))
      throw signatureFaults.wrong();
    const { accessKey } = authorization;
    const key = await this.#keys.find(accessKey);
    if (!key) throw signatureFaults.unknownKey(accessKey);
    const principal = await this.#principalOf(key);
    if (!principal) throw signatureFaults.unknownKey(accessKey);

    const signed = this.#verifyHead(request, authorization, key);
    const finish: BodyAuthentication = async (body) => {
      if (signed?.(body)) return this.#signed(request, key, principal, accessKey);
      await this.#signatureFailed(request, principal, accessKey);
      throw signatureFaults.wrong();
    };
    // No body makes it right.
    return signed ? finish : finish(noBody);
  }

  async #signed(
    request: IncomingHead,
    key: SigningKey,
    principal: Principal,
    accessKey: string,
  ): Promise<Authentication> {
    const session = key.kind === 'temporary' ? key.session : undefined;
    const projectId = await this.#checkScopeHeaders(
      request,
      principal.accountId,
      session?.project_id ?? undefined,
    );
    this.#noteUse(accessKey, key, request.sourceIp ?? null);
    const actor = this.#actor(
      request,
      principal,
      {
        projectId,
        accessKeyId: accessKey,
        credential: session ? credentialOfSession(session) : permanentKeyCredential,
      },
      session ? { session } : { session: undefined, userId: principal.principalId, accessKey },
    );
    const authentication = { actor, principal, session };
    await this.#admit(request, authentication);
    return authentication;
  }

  async #principalOf(key: SigningKey): Promise<Principal | undefined> {
    if (key.kind === 'permanent') return this.#ports.principals.user(key.userId);
    if (key.session.expires_at <= this.#ports.clock.nowMs()) return undefined;
    if (!(await this.#isScopeUsable(key.session))) return undefined;
    return this.#ports.principals.ofHolder(key.session);
  }

  #verifyHead(
    request: IncomingHead,
    authorization: SignedAuthorization,
    key: SigningKey,
  ): SignedBody | undefined {
    if (key.kind === 'temporary') {
      const securityToken = request.headers['x-security-token'];
      if (typeof securityToken !== 'string') return undefined;
      const given = Buffer.from(hashToken(securityToken), 'hex');
      if (!timingSafeEqual(given, Buffer.from(key.session.token_hash, 'hex'))) return undefined;
    }
    return verifyHead(request, authorization, key.secret);
  }

  /** Locks nothing: a secret key of 238 bits cannot be guessed, and whoever knows the key's id could lock it. */
  async #signatureFailed(request: IncomingHead, principal: Principal, accessKey: string): Promise<void> {
    const proof = { projectId: undefined, accessKeyId: accessKey, credential: noCredential };
    await this.#ports.repeatedRefusals.record(this.#actor(request, principal, proof), {
      action: 'iam:credentials:verifySignature',
      resourceId: accessKey,
      detail: 'The signature is wrong.',
    });
  }

  /** The headers may be unsigned, so they choose among what the key's account has, or confirm a session's project. */
  async #checkScopeHeaders(
    request: IncomingHead,
    accountId: string,
    sessionProjectId: string | undefined,
  ): Promise<string | undefined> {
    const domainId = request.headers['x-domain-id'];
    if (domainId !== undefined && domainId !== '' && domainId !== accountId) throw signatureFaults.wrong();
    const projectId = request.headers['x-project-id'];
    if (projectId === undefined || projectId === '') return sessionProjectId;
    if (sessionProjectId !== undefined && projectId !== sessionProjectId) throw signatureFaults.wrong();
    if (typeof projectId !== 'string' || !(await this.projectExists(accountId, projectId)))
      throw signatureFaults.wrong();
    return projectId;
  }

  /** Asks the account's policies about a credential that is genuine. False for a token that was idle for too long. */
  async #admit(request: IncomingHead, authentication: Authentication): Promise<boolean> {
    const { actor, principal, session } = authentication;
    await requireAddress(this.#ports, actor, authentication, 'api');
    if (actor.accessKeyId !== undefined) await requireKeyMode(this.#ports, actor, principal);
    if (!servesPasswordChange(principal.principalId, request.method, request.rawUrl))
      await requireOwnPassword(this.#ports, actor, { principal, methods: actor.credential.methods });
    if (session && !(await this.#idleSessions.use(session))) return false;
    // Federated users have no row, and agencies act for somebody.
    if (session === undefined || session.principal_kind === 'user')
      this.#ports.idleUsers.noteActivity(principal.accountId, principal.principalId);
    this.#ports.approvals.attach(actor, {
      personId: session?.assumed_by ?? principal.principalId,
      method: request.method,
      url: request.rawUrl,
      body: request.receivedBody,
    });
    return true;
  }

  #noteUse(accessKey: string, key: SigningKey, sourceIp: string | null): void {
    const nowMs = this.#ports.clock.nowMs();
    if (key.kind !== 'permanent' || (key.lastUsedAt ?? 0) > nowMs - lastUsedPrecisionMs) return;
    // Nobody waits for it, and the key works without it.
    key.lastUsedAt = nowMs;
    this.#ports.database
      .transaction((transaction) =>
        updateAccessKeyRow(transaction, key.accountId, accessKey, {
          last_used_at: nowMs,
          last_used_ip: sourceIp,
        }),
      )
      .catch((error: unknown) =>
        this.#ports.log.warn({ error }, 'the last use of an access key was not recorded'),
      );
  }

  #actor(
    request: IncomingHead,
    principal: Principal,
    proof: Pick<Actor, 'projectId' | 'accessKeyId' | 'credential'>,
    standing?: Standing,
  ): Actor {
    const actor: Actor = {
      kind: principal.kind,
      accountId: principal.accountId,
      accountName: principal.accountName,
      principalId: principal.principalId,
      principalName: principal.principalName,
      isRoot: principal.isRoot,
      ...proof,
      sourceIp: request.sourceIp,
      requestId: request.requestId,
    };
    this.#ports.accessControl.attach(actor, principal.grants, standing);
    return actor;
  }
}
