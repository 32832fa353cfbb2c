import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const outputLimitBytes = 256 * 1024 * 1024;
const endsWithinMs = 600_000;

/** The programs to check with, neither of which is installed by the project. */
export interface Tools {
  /** Path of the CLI: Terraform 1.5 or later, or OpenTofu. */
  readonly terraform: string;
  /** Folder of the executable terraform-provider-huaweicloud. */
  readonly providerFolder: string;
  /** Of the program's own CA. */
  readonly caFile: string;
}

/** A resource or data source as the state has it. */
export interface StateResource {
  readonly mode: 'managed' | 'data';
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a plan would do to one resource, not counting what is only read anew. */
export interface PlannedChange {
  readonly address: string;
  readonly actions: readonly string[];
  /** Attributes that would change, as `name: before -> after`. */
  readonly differences: readonly string[];
}

interface ResourceChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
  };
}

interface StateModule {
  readonly resources?: readonly StateResource[];
  readonly child_modules?: readonly StateModule[];
}

/** A folder with one scenario's configuration and its state. */
export interface Workspace {
  /** Changes variables for all that follows. */
  set(variables: Variables): void;
  apply(): Promise<void>;
  /** What a plan would change: nothing, right after an apply. */
  plan(): Promise<readonly PlannedChange[]>;
  destroy(): Promise<void>;
  resources(): Promise<readonly StateResource[]>;
  output<Value>(name: string): Promise<Value>;
  /** Takes resources out of the state and writes down that the next plan imports them: address to import ID. */
  forget(imports: ReadonlyMap<string, string>): Promise<void>;
  /** The imports are done and need not be tried again. */
  keep(): Promise<void>;
  remove(): Promise<void>;
}

export type Variables = Readonly<Record<string, unknown>>;

/** Copies a scenario beside the provider's configuration into a new folder. */
export async function openWorkspace(tools: Tools, scenario: string, initial: Variables): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), `openccm-terraform-${scenario}-`));
  const here = fileURLToPath(new URL('.', import.meta.url));
  await cp(join(here, scenario), folder, { recursive: true });
  await cp(join(here, 'provider.tf'), join(folder, 'provider.tf'));
  const overrides = `provider_installation {
  dev_overrides { "huaweicloud/huaweicloud" = ${JSON.stringify(tools.providerFolder)} }
  direct {}
}
`;
  await writeFile(join(folder, 'cli.tfrc'), overrides);
  const terraform = (...args: string[]) => runTerraform(tools, folder, args);
  let variables = initial;
  const change = async (command: string, ...args: string[]): Promise<void> => {
    await writeFile(join(folder, 'terraform.tfvars.json'), JSON.stringify(variables));
    await terraform(command, '-input=false', '-no-color', ...args);
  };
  const imports = join(folder, 'imports.tf');
  return {
    set: (changed) => {
      variables = { ...variables, ...changed };
    },
    apply: () => change('apply', '-auto-approve'),
    plan: async () => {
      await change('plan', '-out=next.tfplan');
      const plan = JSON.parse(await terraform('show', '-json', 'next.tfplan'));
      return changesOf(plan.resource_changes ?? []);
    },
    destroy: () => change('destroy', '-auto-approve'),
    resources: async () => {
      const state = JSON.parse(await terraform('show', '-json'));
      return resourcesOf(state.values?.root_module ?? {});
    },
    output: async (name) => JSON.parse(await terraform('output', '-json', name)),
    forget: async (ids) => {
      await terraform('state', 'rm', ...ids.keys());
      const blocks = [...ids].map(
        ([address, id]) => `import {\n  to = ${address}\n  id = ${JSON.stringify(id)}\n}\n`,
      );
      await writeFile(imports, blocks.join('\n'));
    },
    keep: () => rm(imports, { force: true }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function runTerraform(tools: Tools, folder: string, args: readonly string[]): Promise<string> {
  const { PATH, TF_LOG, TF_LOG_PATH } = process.env;
  const env = {
    PATH,
    HOME: folder,
    TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'),
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    // Where the provider acts as an agency it leaves out its argument cacert_file.
    SSL_CERT_FILE: tools.caFile,
    ...(TF_LOG !== undefined && { TF_LOG, TF_LOG_PATH }),
  };
  return new Promise((resolve, reject) => {
    const settings = { cwd: folder, env, maxBuffer: outputLimitBytes, timeout: endsWithinMs };
    execFile(tools.terraform, [...args], settings, (error, stdout, stderr) => {
      if (error) reject(new Error(`terraform ${args.join(' ')}\n${onlyErrors(stdout, stderr)}`));
      else resolve(stdout);
    });
  });
}

/** What failed, without the progress of everything that did not. */
function onlyErrors(stdout: string, stderr: string): string {
  const said = `${stdout}\n${stderr}`;
  const first = said.indexOf('Error: ');
  return first < 0 ? said.slice(-4000) : said.slice(first);
}

function resourcesOf(module: StateModule): readonly StateResource[] {
  return [...(module.resources ?? []), ...(module.child_modules ?? []).flatMap(resourcesOf)];
}

function changesOf(changes: readonly ResourceChange[]): readonly PlannedChange[] {
  return changes
    .filter(({ change }) => change.actions.some((action) => action !== 'no-op' && action !== 'read'))
    .map(({ address, change: { actions, before, after } }) => ({
      address,
      actions,
      differences: Object.keys({ ...before, ...after })
        .filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
        .map((name) => `${name}: ${JSON.stringify(before?.[name])} -> ${JSON.stringify(after?.[name])}`),
    }));
}
