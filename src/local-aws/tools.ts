import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../errors';

/** A program that must be installed, and how. */
export class MissingToolError extends UserError {}

/** The path of a program on PATH, or undefined. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

export function requireTerraform(env: NodeJS.ProcessEnv = process.env): void {
  const name = env.TERRAFORM_BINARY_NAME ?? 'terraform';
  if (findOnPath(name, env) !== undefined) return;
  throw new MissingToolError(
    'Terraform is not on the PATH',
    'Install Terraform 1.10 or later: https://developer.hashicorp.com/terraform/install',
  );
}

/** The real interpreter, not a launcher of a version manager that wants its own environment. */
export function requirePython(env: NodeJS.ProcessEnv = process.env): string {
  const python = findOnPath('python3', env);
  if (python === undefined) {
    throw new MissingToolError('python3 is not on the PATH', 'Install Python 3.9 or later, with its venv module');
  }
  return execFileSync(python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8', env }).trim();
}

/** Parents of versioned folders: Debian's, Homebrew's, Postgres.app's. */
const POSTGRES_ELSEWHERE: readonly string[] = [
  '/usr/lib/postgresql',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  '/Applications/Postgres.app/Contents/Versions',
];

/** The folder with `postgres`, `initdb` and `psql`; distributions keep it off the PATH. */
export function requirePostgres(env: NodeJS.ProcessEnv = process.env, elsewhere = POSTGRES_ELSEWHERE): string {
  const onPath = findOnPath('postgres', env);
  const candidates = [
    ...(onPath === undefined ? [] : [dirname(realpathSync(onPath)), dirname(onPath)]),
    ...elsewhere.flatMap((parent) => versioned(parent, 'bin')),
  ];
  const found = candidates.find((directory) =>
    ['postgres', 'initdb', 'psql'].every((name) => isExecutable(join(directory, name))),
  );
  if (found !== undefined) return found;
  throw new MissingToolError(
    'PostgreSQL (postgres, initdb, psql) is not on the PATH',
    'Install PostgreSQL 13 or later, for example with `apt-get install postgresql` or `brew install postgresql`',
  );
}

/** `<parent>/<anything>/<child>`, the highest version first. */
function versioned(parent: string, child: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => /^(postgresql(@\d+)?|\d+)$/.test(name))
    .toSorted((a, b) => Number(/\d+/.exec(b)?.[0] ?? 0) - Number(/\d+/.exec(a)?.[0] ?? 0))
    .map((name) => join(parent, name, child));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // there is none, or it is not ours to run
  }
}
