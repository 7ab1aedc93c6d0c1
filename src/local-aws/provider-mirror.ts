import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';

/** Folders that Terraform itself looks in for provider mirrors. */
function impliedDirectories(env: NodeJS.ProcessEnv): string[] {
  const home = env.HOME ?? homedir();
  const dataHome = env.XDG_DATA_HOME ?? join(home, '.local/share');
  const dataDirectories = (env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share').split(delimiter);
  return [
    join(home, '.terraform.d/plugins'),
    join(home, 'Library/Application Support/io.terraform/plugins'),
    '/Library/Application Support/io.terraform/plugins',
    ...[dataHome, ...dataDirectories].map((directory) => join(directory, 'terraform/plugins')),
  ];
}

/** Prefixes under which machines without a network keep such things, in a folder of any name. */
const PREFIXES = ['/opt', '/usr/local', '/usr/local/lib', '/usr/local/share', '/var/lib'];

/**
 * The folder of a filesystem mirror that holds the AWS provider: the one that `TF_PROVIDER_MIRROR` names, one of
 * Terraform's own, or one below a common prefix. Undefined: the registry is asked, as usual.
 */
export function findProviderMirror(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env.TF_PROVIDER_MIRROR;
  const candidates = [
    ...(named === undefined || named === '' ? [] : [named]),
    ...impliedDirectories(env),
    ...PREFIXES.flatMap((prefix) => (existsSync(prefix) ? readdirSync(prefix).map((name) => join(prefix, name)) : [])),
  ];
  return candidates.find((directory) => existsSync(join(directory, PROVIDER)));
}

/** Writes a Terraform CLI configuration that takes the AWS provider from the mirror and the rest from the registry. */
export function writeCliConfig(directory: string, mirror: string | undefined): string {
  const file = join(directory, 'terraform.rc');
  const installation =
    mirror === undefined
      ? ''
      : `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ["${PROVIDER}"]
  }
  direct {
    exclude = ["${PROVIDER}"]
  }
}
`;
  writeFileSync(file, installation);
  return file;
}

/** Whether the user's own CLI configuration says where providers come from; then it is left alone. */
export function hasOwnInstallation(env: NodeJS.ProcessEnv): boolean {
  const file = env.TF_CLI_CONFIG_FILE ?? join(env.HOME ?? homedir(), '.terraformrc');
  return existsSync(file) && readFileSync(file, 'utf8').includes('provider_installation');
}
