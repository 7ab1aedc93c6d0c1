import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandEnvironment, commandVariables } from '../../../src/local-aws/environment';

const ENDPOINTS = {
  endpoint: 'http://127.0.0.1:4566',
  endpoints: {
    ecs: 'http://127.0.0.1:4567',
    ssm: 'http://127.0.0.1:4568',
    ssmmessages: 'http://127.0.0.1:4569',
  },
};
const KEY = { accessKeyId: 'local', secretAccessKey: 'own' };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'environment-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('the environment of a command', () => {
  it('leads to this AWS and to no account', () => {
    const variables = commandVariables(directory, ENDPOINTS, KEY, { HOME: directory });
    expect(variables).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:4567',
      AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:4568',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'own',
      AWS_REGION: 'ap-northeast-1',
      AWS_DEFAULT_REGION: 'ap-northeast-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      CHECKPOINT_DISABLE: '1',
      CDKTF_OUTPUT: join(directory, 'cdktf.out'),
    });
    expect(readFileSync(variables.AWS_CONFIG_FILE ?? '', 'utf8')).toBe('');
    expect(readFileSync(variables.AWS_SHARED_CREDENTIALS_FILE ?? '', 'utf8')).toBe('');
  });

  it('drops what names an account, a state or another endpoint', () => {
    const own = {
      PATH: '/bin',
      AWS_PROFILE: 'production',
      AWS_SESSION_TOKEN: 'secret',
      AWS_ENDPOINT_URL_KMS: 'https://kms.example',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      TF_STATE_BUCKET: 'production-state',
    };
    const environment = commandEnvironment(commandVariables(directory, ENDPOINTS, KEY, own), own);
    expect(environment.PATH).toBe('/bin');
    for (const name of Object.keys(own).filter((one) => one !== 'PATH')) expect(environment).not.toHaveProperty(name);
  });

  it('has our endpoints in the place of others', () => {
    const own = { AWS_ENDPOINT_URL: 'https://any.example', AWS_ENDPOINT_URL_ECS: 'https://ecs.example' };
    expect(commandEnvironment(commandVariables(directory, ENDPOINTS, KEY, own), own)).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:4567',
    });
  });

  it('takes the region from LOCAL_AWS_REGION alone', () => {
    const region = (env: NodeJS.ProcessEnv) => commandVariables(directory, ENDPOINTS, KEY, env).AWS_REGION;
    expect(region({ AWS_REGION: 'us-east-1' })).toBe('ap-northeast-1');
    expect(region({ LOCAL_AWS_REGION: 'eu-west-1' })).toBe('eu-west-1');
  });

  it('keeps a proxy away from loopback', () => {
    const variables = commandVariables(directory, ENDPOINTS, KEY, { NO_PROXY: 'intranet.example' });
    expect(variables.NO_PROXY).toBe('intranet.example,127.0.0.1,localhost');
  });
});
