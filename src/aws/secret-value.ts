import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { UserError } from '../errors';
import { type AwsAccess, configuration, ssmClient } from './clients';
import { awsCall } from './errors';

/** `arn:partition:secretsmanager:region:account:secret:name`, and behind it ECS's own `:key:stage:version`. */
const ARN_PARTS = 7;

/**
 * What ECS puts into a container for the `valueFrom` of a secret, read with the caller's own rights.
 * @throws UserError when it may not be read, is not there, or holds no such key
 */
export async function secretValue(access: AwsAccess, valueFrom: string, signal: AbortSignal): Promise<string> {
  if (!/^arn:[^:]+:secretsmanager:/.test(valueFrom)) return parameter(access, valueFrom, signal);
  const parts = valueFrom.split(':');
  const [key = '', stage = '', version = ''] = parts.slice(ARN_PARTS);
  // A secret may lie in another region than the task.
  const client = new SecretsManagerClient(configuration({ ...access, region: parts[3] ?? access.region }));
  const command = new GetSecretValueCommand({
    SecretId: parts.slice(0, ARN_PARTS).join(':'),
    ...(stage === '' ? {} : { VersionStage: stage }),
    ...(version === '' ? {} : { VersionId: version }),
  });
  const { SecretString: text } = await awsCall('secretsmanager:GetSecretValue', () =>
    client.send(command, { abortSignal: signal }),
  );
  const value = key === '' ? text : keyOf(text ?? '', key);
  if (value !== undefined) return value;
  throw new UserError(
    key === '' ? `The secret ${valueFrom} holds no text` : `The secret ${valueFrom} has no key ${key}`,
    'Put the password there, or name another secret in bastion_database_password_secret_arn',
  );
}

function keyOf(text: string, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined; // what it holds is secret, also in an error
  }
}

/** @param name of a parameter of Systems Manager, or its ARN */
async function parameter(access: AwsAccess, name: string, signal: AbortSignal): Promise<string> {
  const region = /^arn:[^:]+:ssm:([^:]+):/.exec(name)?.[1] ?? access.region;
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  const { Parameter } = await awsCall('ssm:GetParameter', () =>
    ssmClient({ ...access, region }).send(command, { abortSignal: signal }),
  );
  return Parameter?.Value ?? '';
}
