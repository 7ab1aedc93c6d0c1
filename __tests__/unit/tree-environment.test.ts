import { registryEnvironment, treeEnvironment } from '../../src/tree-environment';

/** Variables that are, or lead to, credentials: of AWS, of registries, of GitHub, of Terraform, of agents. */
const SECRET = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_CONFIG_FILE'],
  ...['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ENDPOINT_URL', 'AWS_REGION'],
  ...['GITHUB_TOKEN', 'GH_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'GITHUB_OUTPUT', 'GITHUB_ENV'],
  ...['NPM_TOKEN', 'NODE_AUTH_TOKEN', 'npm_config__auth', 'npm_config_//registry.example.com/:_authToken'],
  ...['TF_VAR_master_password', 'TF_TOKEN_app_terraform_io', 'PGPASSWORD', 'DATABASE_URL'],
  ...['SSH_AUTH_SOCK', 'GPG_AGENT_INFO', 'DOCKER_HOST', 'KUBECONFIG', 'SOMETHING_NEW'],
];
const SETTINGS = { POSTURE: 'hardened', TF_STATE_BUCKET: 'states', PATH: '/bin', TMPDIR: '/t', LANG: 'ja_JP.UTF-8' };
const PROXIES = { https_proxy: 'http://proxy:3128', NODE_EXTRA_CA_CERTS: '/ca.pem', npm_config_registry: 'http://r/' };
const env = {
  ...Object.fromEntries(SECRET.map((name) => [name, 'secret'])),
  ...SETTINGS,
  ...PROXIES,
  HOME: '/home/me',
};

it('lets code of a tree have what it runs with and the settings of the app, and nothing else', () => {
  expect(treeEnvironment('/out', { CDKTF_OUTDIR: '/out' }, env)).toEqual({
    ...SETTINGS,
    HOME: '/out',
    CHECKPOINT_DISABLE: '1',
    CDKTF_OUTDIR: '/out',
  });
});

it('takes our own variables before those that are set', () => {
  expect(treeEnvironment('/out', { POSTURE: 'reference' }, env).POSTURE).toBe('reference');
});

it('lets npm have the way to its registry too, and no token', () => {
  expect(registryEnvironment(env)).toEqual({ ...SETTINGS, ...PROXIES, HOME: '/home/me' });
});
