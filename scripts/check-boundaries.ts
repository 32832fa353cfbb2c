import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The rules of architecture.json; folders and files are relative to `src`. */
interface Architecture {
  readonly programs: readonly string[];
  readonly root: readonly string[];
  readonly open: readonly string[];
  readonly uses: Readonly<Record<string, readonly string[]>>;
  readonly doors: Readonly<Record<string, readonly string[]>>;
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly ambient: Readonly<Record<string, readonly string[]>>;
}

const ambientPatterns: Readonly<Record<string, RegExp>> = {
  'Date.now': /\bDate\.now\b/,
  'new Date()': /\bnew Date\b(\(\s*\)|(?!\s*\())/,
  'Math.random': /\bMath\.random\b/,
  'process.env': /\bprocess\.env\b/,
};
const maximumLines = 400;
const queries = /\.(?:selectFrom|insertInto|updateTable|deleteFrom|innerJoin|leftJoin)\(\s*\[?'(\w+)/g;
const namesTables = /(^|\/)([\w-]*store|migrations)\.ts$|\/migrations\/|^platform\/db\/|^jobs\//;
// A fixture is what tests share; the program must not know it.
const isTest = (file: string) => /\.(test|fixture)\.ts$/.test(file);

// Strings are matched first, so that what looks like a comment inside one stays.
const withoutComments = (source: string) =>
  source.replace(
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\/.*|\/\*[\s\S]*?\*\//g,
    '$1',
  );
const withoutStrings = (code: string) => code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");

/** Every breach of the architecture in the project at `root`, one line each; empty if there is none. */
export function findBreaches(root: string): string[] {
  const architecture: Architecture = JSON.parse(readFileSync(join(root, 'architecture.json'), 'utf8'));
  const read = (file: string) => withoutComments(readFileSync(join(root, file), 'utf8'));
  const all = globSync('{src,test,bench,scripts}/**/*.ts', { cwd: root }).sort();
  const sources = new Map(
    all.filter((file) => file.startsWith('src/')).map((file) => [file.slice(4), read(file)]),
  );
  if (sources.size === 0) return ['no file was found under src: nothing was checked'];
  const owners = tableOwners(sources);
  const breaches = all
    .map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1] as const)
    .filter(([, lines]) => lines > maximumLines)
    .map(([file, lines]) => `${file} has ${lines} lines, at most ${maximumLines} are allowed`);
  breaches.push(...findCycles(architecture.uses));
  for (const [file, code] of sources) {
    const found = [
      ...importBreaches(file, code, sources, architecture),
      ...ambientBreaches(file, code, architecture),
    ];
    if (!isTest(file)) found.push(...tableBreaches(file, code, owners));
    breaches.push(...found.map((breach) => `src/${file} ${breach}`));
  }
  return breaches;
}

function findCycles(uses: Architecture['uses']): string[] {
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    (uses[from] ?? []).some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      return reaches(next, goal, seen.add(next));
    });
  return Object.keys(uses)
    .filter((name) => reaches(name, name))
    .map((name) => `architecture.json lets ${name} use itself in a circle`);
}

function importBreaches(
  file: string,
  code: string,
  sources: ReadonlyMap<string, string>,
  architecture: Architecture,
): string[] {
  const isRoot = !file.includes('/');
  const [own = ''] = file.split('/');
  if (isRoot) {
    const known = [...architecture.programs, ...architecture.root];
    if (!known.includes(file) && !isTest(file)) return ['belongs to no folder of architecture.json'];
  } else if (!architecture.uses[own]) return [`is in a folder without a row in architecture.json: ${own}`];
  return importsOf(code).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const allowed = architecture.packages[own];
      return allowed && !isTest(file) && !allowed.includes(specifier) ? [`imports ${specifier}`] : [];
    }
    const target = normalize(join(dirname(file), specifier));
    if (target.startsWith('..')) return isTest(file) ? [] : [`imports ${specifier}, outside src`];
    const [folder = ''] = target.split('/');
    if (isTest(target) && !isTest(file)) return [`imports ${target}, which only tests may`];
    if (folder === own) return [];
    if (!target.includes('/')) return isRoot ? [] : [`imports ${target}, which is above it`];
    if (!isRoot && !architecture.uses[own]?.includes(folder)) return [`may not use ${folder} (${target})`];
    if (isTest(file) && isTest(target)) return [];
    return isDoor(target, folder, sources, architecture)
      ? []
      : [`enters ${folder} by ${target}, not its index.ts`];
  });
}

const importsOf = (code: string) =>
  [...code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)].map((match) => match[1] ?? '');

function isDoor(
  target: string,
  folder: string,
  sources: ReadonlyMap<string, string>,
  architecture: Architecture,
) {
  const file = target.slice(folder.length + 1);
  if (file === 'index.ts' || architecture.open.includes(folder)) return true;
  const index = sources.get(`${folder}/index.ts`) ?? '';
  return Boolean(architecture.doors[folder]?.includes(file)) && importsOf(index).includes(`./${file}`);
}

function ambientBreaches(file: string, code: string, architecture: Architecture): string[] {
  if (isTest(file) || architecture.programs.includes(file)) return [];
  return Object.entries(ambientPatterns)
    .filter(([name]) => !architecture.ambient[name]?.includes(file))
    .filter(([, pattern]) => pattern.test(withoutStrings(code)))
    .map(([name]) => `uses ${name}; take it from a port`);
}

function tableOwners(sources: ReadonlyMap<string, string>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [file, code] of sources)
    if (!isTest(file))
      for (const match of code.matchAll(/createTable\(\s*'(\w+)'/g))
        owners.set(match[1] ?? '', file.split('/')[0] ?? '');
  return owners;
}

function tableBreaches(file: string, code: string, owners: ReadonlyMap<string, string>): string[] {
  return [...code.matchAll(queries)].flatMap(([, table = '']) => {
    if (!namesTables.test(file)) return [`names the table ${table}; only a store does`];
    const owner = owners.get(table);
    return owner !== undefined && owner !== file.split('/')[0] ? [`names ${table}, a table of ${owner}`] : [];
  });
}

if (import.meta.main) {
  const breaches = findBreaches(process.cwd());
  for (const breach of breaches) console.error(breach);
  console.log(breaches.length === 0 ? 'boundaries hold' : `${breaches.length} breaches of architecture.json`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
