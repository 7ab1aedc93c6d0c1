import { isErrno, UserError } from '../errors';

/** AWS or the way to it refused a call: which call, and what it said. */
export class AwsCallError extends UserError {}

/** The caller has no credentials that AWS takes, and may have others soon. */
export class AwsCredentialsError extends AwsCallError {}

/** The call has not come through: AWS may or may not have done it. */
export class AwsUnreachableError extends AwsCallError {}

const CREDENTIAL_ERRORS = ['CredentialsProviderError', 'TokenProviderError', 'SSOTokenProviderFailure'];
/** AWS's names of errors that other credentials may mend. */
export const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'UnrecognizedClientException'];
const MISMATCHED = ['InvalidSignatureException', 'SignatureDoesNotMatch'];
export const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

/** Runs one AWS call and turns its failure into words. `action` is IAM's name of it, such as `ecs:RunTask`. */
export async function awsCall<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw explain(action, error);
  }
}

/** The code of an AWS error, such as `ClusterNotFoundException`, also of one wrapped by `awsCall`. */
export function awsErrorName(error: unknown): string | undefined {
  if (error instanceof AwsCallError) return awsErrorName(error.cause);
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : undefined;
}

function explain(action: string, error: unknown): unknown {
  const name = awsErrorName(error) ?? '';
  const said = messageOf(error);
  const options = { cause: error };
  if (name === 'AbortError') return error;
  if (CREDENTIAL_ERRORS.includes(name)) {
    return /sso|token/i.test(said) && /expired|invalid|refresh|login/i.test(said)
      ? new AwsCredentialsError(
          `The sign-in has expired (${said})`,
          'Sign in again, for example `aws sso login`',
          options,
        )
      : new AwsCredentialsError(
          `No AWS credentials were found (${said})`,
          'Pass --profile, set AWS_PROFILE, or run `aws sso login`',
          options,
        );
  }
  if (EXPIRED.includes(name)) {
    return new AwsCredentialsError(
      `AWS refused the credentials (${said})`,
      'Sign in again, for example `aws sso login`',
      options,
    );
  }
  if (MISMATCHED.includes(name)) {
    return new AwsCallError(
      `AWS refused the signature of ${action} (${said})`,
      'Check the secret access key, and the clock of this machine',
      options,
    );
  }
  if (DENIED.includes(name)) {
    return new AwsCallError(`Not allowed to call ${action}: ${said}`, missingRight(action, said), options);
  }
  if (name === 'ClusterNotFoundException') {
    return new AwsCallError(
      'The ECS cluster does not exist in this region and account',
      'Deploy the stack (`npx cdktf deploy`), or name another with --cluster, --region or --profile',
      options,
    );
  }
  if (isErrno(error, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ECONNRESET') || name === 'TimeoutError') {
    return new AwsUnreachableError(
      `AWS cannot be reached for ${action} (${said})`,
      'Check the network and --region',
      options,
    );
  }
  if (typeof error === 'object' && error !== null && '$metadata' in error) {
    return new AwsCallError(`${action} failed: ${name}: ${said}`, '', options);
  }
  return error;
}

/** What to ask for: the statement that is missing, from AWS's own words: who may not do what on what, and by which kind of policy. */
export function missingRight(action: string, said: string): string {
  const [, denied = action, resource = '*'] =
    /not authorized to perform: (\S+)(?: on resource: (\S+))?/.exec(said) ?? [];
  if (/explicit deny|service control polic|permissions boundar/i.test(said)) {
    return `Something denies ${denied} to you beyond your own policies: ask whoever keeps the account's`;
  }
  const statement = JSON.stringify({ Effect: 'Allow', Action: denied, Resource: lasting(resource) });
  return `Ask for this statement: ${statement}\nAll that is needed: npm run connect -- policy`;
}

/** The next session has another id: a statement for this one would be of no use to it. */
function lasting(resource: string): string {
  return resource.replace(/(?<=^arn:[^:]*:ssm:[^:]*:[^:]*:session\/)(ecs-execute-command-)?.*$/, '$1*');
}

function messageOf(error: unknown): string {
  const text =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  if (text !== '') return text;
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no further words';
}
