import { AwsError, type Json, type MotoClient, parseJson, record, records, text } from './aws-api';

/** A secret of a task cannot be had; the words are those of ECS. */
export class SecretError extends Error {}

/** The values of a container definition's `secrets`, from Secrets Manager or Systems Manager's parameters. */
export async function resolveSecrets(
  moto: MotoClient,
  region: string,
  definition: Json,
  isDenied: boolean,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const secret of records(definition.secrets)) {
    const name = text(secret.name) ?? '';
    if (isDenied) throw denied(text(secret.valueFrom) ?? '');
    values[name] = await resolveSecret(moto, region, text(secret.valueFrom) ?? '');
  }
  return values;
}

/** @param valueFrom `arn:…:secret:name[:key:stage:version]`, without a key the whole value; or a parameter */
async function resolveSecret(moto: MotoClient, region: string, valueFrom: string): Promise<string> {
  if (!/^arn:[^:]+:secretsmanager:/.test(valueFrom)) return parameter(moto, region, valueFrom);
  const parts = valueFrom.split(':');
  const arn = parts.slice(0, 7).join(':');
  const key = parts[7] ?? '';
  const value = await secretString(moto, region, arn);
  if (key === '') return value;
  const inner = text(parseJson(Buffer.from(value))[key]);
  if (inner !== undefined) return inner;
  throw failed(`retrieved secret from Secrets Manager did not contain json key ${key}`);
}

async function secretString(moto: MotoClient, region: string, arn: string): Promise<string> {
  try {
    const { SecretString } = await moto.json('secretsmanager', region, 'secretsmanager.GetSecretValue', {
      SecretId: arn,
    });
    return text(SecretString) ?? '';
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw failed(
      `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager: ${error.code}: ${error.message}`,
    );
  }
}

/** @param name its name, or its ARN in any region */
async function parameter(moto: MotoClient, region: string, name: string): Promise<string> {
  const [, arnRegion = region, path = name] = /^arn:[^:]+:ssm:([^:]*):[^:]*:parameter(\/.*)$/.exec(name) ?? [];
  // An ARN has the slash of a path before names that have none.
  for (const Name of path === name ? [name] : [path, path.slice(1)]) {
    try {
      const input = { Name, WithDecryption: true };
      const { Parameter } = await moto.json('ssm', arnRegion, 'AmazonSSM.GetParameter', input);
      return text(record(Parameter)?.Value) ?? '';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
  }
  throw failed(
    `unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: ${name}`,
  );
}

function denied(secret: string): SecretError {
  return failed(
    `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${secret} from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/aurora-bg-bastion-execution-role/0 is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secret} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
  );
}

function failed(why: string): SecretError {
  return new SecretError(
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${why}`,
  );
}
