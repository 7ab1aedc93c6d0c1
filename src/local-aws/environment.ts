import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoints, endpointVariables } from './endpoints';
import { findProviderMirror, hasOwnInstallation, writeCliConfig } from './provider-mirror';
import type { OwnKey } from './signature/credentials';

/** Variables that would lead a command to a real account or a real state, or past us; they are taken out. */
export const REMOVED = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_CA_BUNDLE',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'TF_STATE_BUCKET',
  'TF_STATE_KEY',
  'TF_STATE_REGION',
];

const REGION = 'ap-northeast-1';

/** What a command needs to see this AWS and no other, and to work without a network. Writes files into `directory`. */
export function commandVariables(
  directory: string,
  endpoints: Endpoints,
  { accessKeyId, secretAccessKey }: OwnKey,
  env = process.env,
): Record<string, string> {
  const empty = join(directory, 'aws-config');
  writeFileSync(empty, '');
  const region = env.LOCAL_AWS_REGION ?? REGION;
  const mirror = hasOwnInstallation(env) ? undefined : findProviderMirror(env);
  return {
    ...endpointVariables(endpoints),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: empty,
    AWS_SHARED_CREDENTIALS_FILE: empty,
    // State and synthesized files of what is deployed here lie here, apart from the user's own.
    CDKTF_OUTPUT: join(directory, 'cdktf.out'),
    // Locking the provider for other platforms asks the registry.
    CDKTF_SKIP_PROVIDER_LOCK: 'true',
    CHECKPOINT_DISABLE: '1',
    ...withoutProxy(env),
    ...(hasOwnInstallation(env) ? {} : { TF_CLI_CONFIG_FILE: writeCliConfig(directory, mirror) }),
  };
}

/** A proxy must not stand between a command and us. */
function withoutProxy(env: NodeJS.ProcessEnv): Record<string, string> {
  const hosts = [env.NO_PROXY ?? env.no_proxy ?? '', '127.0.0.1', 'localhost'].filter((host) => host !== '').join(',');
  return { NO_PROXY: hosts, no_proxy: hosts };
}

/** The environment of a command: the caller's, with ours over it. */
export function commandEnvironment(variables: Readonly<Record<string, string>>, env = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !REMOVED.includes(name) && !name.startsWith('AWS_ENDPOINT_URL_'));
  return { ...Object.fromEntries(kept), ...variables };
}
