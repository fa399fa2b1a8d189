// Which release of Terraform's AWS plugin this machine has. The bindings ask for one release exactly; where only another
// one is to be had, in a mirror that Terraform is not told of, the tests run with that and say so.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { join } from 'node:path';
import { initProblem, pluginOf, pluginProblem, type Plugin } from '../docker/plugins';

const BINDINGS = '@cdktf/provider-aws';
const HOSTNAME = 'registry.terraform.io';

export interface AwsPlugin {
  readonly version: string;
  /** The release that the bindings are made for. */
  readonly wanted: string;
  /** For the names of tests: "hashicorp/aws 5.100.0 (the bindings are made for 6.25.0)". */
  readonly name: string;
  /** What Terraform has to be configured with to find it; empty where it finds it by itself. */
  readonly configuration: string;
}

/** The plugin, or why there is none. */
export type FoundPlugin = { readonly plugin: AwsPlugin } | { readonly problem: string };

let found: FoundPlugin | undefined;

/** Looked for once per test file. */
export function awsPlugin(): FoundPlugin {
  found ??= find();
  return found;
}

function find(): FoundPlugin {
  const wanted = pluginOf(BINDINGS);
  const problem = pluginProblem(BINDINGS);
  if (problem === undefined) {
    return { plugin: describePlugin(wanted, wanted.version, '') };
  }
  const mirrors = mirrorFolders();
  const [version] = mirrors
    .flatMap((mirror) => versionsIn(mirror, wanted))
    .sort((a, b) => compareVersions(b, a));
  if (version === undefined) {
    return { problem: `${problem}; no mirror of plugins here has it either` };
  }
  const configuration = configurationFor(mirrors);
  const inVain = initProblem({ ...wanted, version }, configuration);
  return inVain === undefined
    ? { plugin: describePlugin(wanted, version, configuration) }
    : { problem: inVain };
}

function describePlugin(
  { source, version: wanted }: Plugin,
  version: string,
  configuration: string,
) {
  const other = version === wanted ? '' : ` (the bindings are made for ${wanted})`;
  return { version, wanted, name: `${source} ${version}${other}`, configuration };
}

function configurationFor(mirrors: readonly string[]): string {
  const lines = mirrors.map((path) => `  filesystem_mirror { path = ${JSON.stringify(path)} }`);
  return ['provider_installation {', ...lines, '}', ''].join('\n');
}

/** Folders laid out as mirrors: those that Terraform looks into, those it was told of, and those in the usual places. */
function mirrorFolders(): string[] {
  const {
    TF_PLUGIN_CACHE_DIR: cache,
    TF_CLI_CONFIG_FILE: file,
    HOME: home = homedir(),
  } = process.env;
  const told = file && existsSync(file) ? pathsIn(readFileSync(file, 'utf8')) : [];
  const roots = ['opt', 'srv', 'usr/local', 'usr/share', 'usr/lib', 'var/lib'].map(
    (name) => `/${name}`,
  );
  const all = [
    ...told,
    ...(cache ? [cache] : []),
    ...[home, ...roots].flatMap((root) => below(root, 3)),
  ];
  return [...new Set(all)].filter((folder) => existsSync(join(folder, HOSTNAME)));
}

/** The paths that a configuration of Terraform's command line names. */
function pathsIn(configuration: string): string[] {
  const named = configuration.matchAll(/^\s*(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"/gm);
  return [...named].map(([, path = '']) => path);
}

/** A folder and the folders below it. */
function below(folder: string, depth: number): string[] {
  return [
    folder,
    ...(depth === 0 ? [] : foldersIn(folder).flatMap((each) => below(each, depth - 1))),
  ];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .map(({ name }) => join(folder, name));
  } catch {
    // Not there, or not for this user.
    return [];
  }
}

function versionsIn(mirror: string, { source }: Plugin): string[] {
  const [, name = ''] = source.split('/');
  const target = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`;
  const folder = join(mirror, HOSTNAME, source);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const packed = new RegExp(`^terraform-provider-${name}_(\\d+\\.\\d+\\.\\d+)_${target}\\.zip$`);
  return names.flatMap((each) => {
    const unpacked = /^\d+\.\d+\.\d+$/.test(each) && existsSync(join(folder, each, target));
    const [, version] = packed.exec(each) ?? [];
    return unpacked ? [each] : version ? [version] : [];
  });
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
