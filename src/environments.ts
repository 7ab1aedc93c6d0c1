import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, UsageError, UserError } from './errors';
import { type Posture, POSTURES } from './infra/posture';

/** The stack where no environments are named, and the beginning of the stacks' names where they are. */
export const STACK_ID = 'aurora-bg';

const DEFAULT_REGION = 'ap-northeast-1';

/** One deployment among several: a stack, a state and names of its own. */
export interface Environment {
  readonly name: string;
  /** What the names in AWS begin with. @default 'aurora-bg-' and its name */
  readonly namePrefix: string;
  readonly region: string;
  /** The one account that it may be in; undefined: that of whoever deploys. */
  readonly account: string | undefined;
  /** Undefined: the one that `POSTURE` or the context chooses. */
  readonly posture: Posture | undefined;
  /** Defaults of the stack's variables, by their names. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What stands under `environments` cannot be meant so. */
export class EnvironmentsError extends UserError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'Correct `context.environments` in cdktf.json', options);
  }
}

export function stackIdOf(environment: string): string {
  return `${STACK_ID}-${environment}`;
}

/** The environment that a stack is by its name; undefined: none. */
export function environmentOf(stack: string): string | undefined {
  const name = stack.startsWith(stackIdOf('')) ? stack.slice(stackIdOf('').length) : '';
  return NAME.test(name) ? name : undefined;
}

/**
 * Reads the context key `environments`: an object of environments by their names.
 * @returns none where there is no such key
 * @throws EnvironmentsError
 */
export function parseEnvironments(value: unknown): readonly Environment[] {
  if (value === undefined) return [];
  if (!isFields(value)) throw wrong('environments', value, 'an object of environments by their names');
  const environments = Object.entries(value).map(([name, fields]) => parseEnvironment(name, fields));
  if (environments.length === 0) throw new EnvironmentsError('environments is empty');
  refuseSharedNames(environments);
  return environments;
}

/**
 * Reads the environments of a project's `cdktf.json`.
 * @throws EnvironmentsError
 */
export function readEnvironments(projectDirectory: string): readonly Environment[] {
  let project: unknown;
  try {
    project = JSON.parse(readFileSync(join(projectDirectory, 'cdktf.json'), 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw new EnvironmentsError('cdktf.json cannot be read', { cause: error });
  }
  const context = isFields(project) ? project.context : undefined;
  return parseEnvironments(isFields(context) ? context.environments : undefined);
}

/** @throws UsageError that lists those there are */
export function environmentNamed(environments: readonly Environment[], name: string): Environment {
  const environment = environments.find((one) => one.name === name);
  if (environment !== undefined) return environment;
  throw new UsageError(
    `There is no environment ${JSON.stringify(name)}`,
    environments.length === 0
      ? 'cdktf.json names none, and the stack is the only one: leave out --env and BASTION_ENV'
      : `There are: ${namesOf(environments)}`,
  );
}

export function namesOf(environments: readonly Environment[]): string {
  return environments.map(({ name }) => name).join(', ');
}

type Fields = Readonly<Record<string, unknown>>;

/** As for the variable name_prefix, in which it may stand. */
const NAME = /^[a-z]([a-z0-9]|-[a-z0-9])*$/;
/** name_prefix has at most 40 characters, and `aurora-bg-` takes 10 of them. */
const MOST_NAME = 30;
const REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]$/;
const ACCOUNT = /^[0-9]{12}$/;
const KEYS = ['namePrefix', 'region', 'account', 'posture', 'variables'];
/** Variables that are settled otherwise, and how. */
const NO_VARIABLES: Readonly<Record<string, string>> = {
  name_prefix: 'is the key namePrefix',
  aws_region: 'is the key region',
  master_password: 'is a secret: set TF_VAR_master_password where it is deployed',
};

function parseEnvironment(name: string, value: unknown): Environment {
  if (!NAME.test(name) || name.length > MOST_NAME) {
    throw new EnvironmentsError(
      `The name of an environment is ${JSON.stringify(name)}, expected at most ${MOST_NAME} lower-case letters, digits and single hyphens, a letter first`,
    );
  }
  const at = `environments.${name}`;
  if (!isFields(value)) throw wrong(at, value, 'an object');
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) throw new EnvironmentsError(`${at} has no key ${key}, but: ${KEYS.join(', ')}`);
  }
  const { namePrefix = stackIdOf(name), region = DEFAULT_REGION, account, variables = {} } = value;
  const posture = POSTURES.find((one) => one === value.posture);
  if (posture === undefined && value.posture !== undefined) {
    throw wrong(`${at}.posture`, value.posture, POSTURES.join(' or '));
  }
  if (!isFields(variables)) throw wrong(`${at}.variables`, variables, 'an object of values by variable');
  for (const variable of Object.keys(variables)) {
    const settled = Object.hasOwn(NO_VARIABLES, variable) ? NO_VARIABLES[variable] : undefined;
    if (settled !== undefined) throw new EnvironmentsError(`${at}.variables: ${variable} ${settled}`);
  }
  return {
    name,
    namePrefix: text(`${at}.namePrefix`, namePrefix, NAME, 'lower-case letters, digits and single hyphens'),
    region: text(`${at}.region`, region, REGION, 'the code of a region, such as ap-northeast-1'),
    // As a number it would lose its zeros.
    account: account === undefined ? undefined : text(`${at}.account`, account, ACCOUNT, 'a text of 12 digits'),
    posture,
    variables,
  };
}

/** Names of IAM roles count in the whole account, so other regions do not make equal prefixes good. */
function refuseSharedNames(environments: readonly Environment[]): void {
  for (const [index, one] of environments.entries()) {
    const other = environments.slice(0, index).find(({ namePrefix, account }) => {
      const mayBeOne = account === undefined || one.account === undefined || account === one.account;
      return namePrefix === one.namePrefix && mayBeOne;
    });
    if (other === undefined) continue;
    throw new EnvironmentsError(
      `The environments ${other.name} and ${one.name} have the namePrefix ${one.namePrefix}, and nothing says that their accounts differ: their roles would have the same names`,
    );
  }
}

function text(at: string, value: unknown, pattern: RegExp, expected: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw wrong(at, value, expected);
}

function wrong(at: string, value: unknown, expected: string): EnvironmentsError {
  return new EnvironmentsError(`${at} is ${JSON.stringify(value)}, expected ${expected}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
