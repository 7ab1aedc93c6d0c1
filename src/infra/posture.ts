import { UserError } from '../errors';

/** `reference`: what the existing system has, resource by resource. `hardened`: what a review of its security asks for. */
export const POSTURES = ['reference', 'hardened'] as const;
export type Posture = (typeof POSTURES)[number];

export class UnknownPostureError extends UserError {
  constructor(readonly value: unknown) {
    super(
      `There is no posture ${JSON.stringify(value)}`,
      `POSTURE, or the context key posture, is one of: ${POSTURES.join(', ')}`,
    );
  }
}

/** A flag that is neither on nor off. */
export class UnknownFlagError extends UserError {
  constructor(name: string, value: unknown) {
    super(`${name} is ${JSON.stringify(value)}`, `Set ${name} to true or false`);
  }
}

/** `POSTURE` says another than the environment has. */
export class PostureConflictError extends UserError {
  constructor(environment: string, posture: Posture, value: string) {
    super(
      `The environment ${environment} is ${posture}, and POSTURE says ${value}`,
      'Leave POSTURE out, or change the posture in cdktf.json',
    );
  }
}

/** The context of the app: `cdktf.json`, key `context`. */
export interface Context {
  tryGetContext(key: string): unknown;
}

/**
 * The posture that `POSTURE` names, else the context key `posture`, else `reference`. What is set to empty text is not
 * set, as pipelines pass it.
 * @throws UnknownPostureError
 */
export function chosenPosture(context: Context, env: NodeJS.ProcessEnv = process.env): Posture {
  const value = env.POSTURE || (context.tryGetContext('posture') ?? 'reference');
  const posture = POSTURES.find((one) => one === value);
  if (posture === undefined) throw new UnknownPostureError(value);
  return posture;
}

/**
 * The posture of an environment: its own, else the one chosen for all.
 * @throws UnknownPostureError, PostureConflictError
 */
export function postureOf(
  { name, posture }: { readonly name: string; readonly posture: Posture | undefined },
  context: Context,
  env: NodeJS.ProcessEnv = process.env,
): Posture {
  if (posture === undefined) return chosenPosture(context, env);
  // Another one would rebuild what is there, so none of the two is taken silently.
  if (env.POSTURE && env.POSTURE !== posture) throw new PostureConflictError(name, posture, env.POSTURE);
  return posture;
}

/**
 * Whether a plan may destroy the hardened cluster: `ALLOW_DATA_LOSS`, else the context key `allowDataLoss`, else not.
 * @throws UnknownFlagError
 */
export function allowsDataLoss(context: Context, env: NodeJS.ProcessEnv = process.env): boolean {
  const value = env.ALLOW_DATA_LOSS || (context.tryGetContext('allowDataLoss') ?? false);
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new UnknownFlagError('ALLOW_DATA_LOSS', value);
}
