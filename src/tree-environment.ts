/**
 * What code of a tree may know of the environment: enough to run, and the settings that the app itself reads.
 * It is a list of what passes, since nobody can list what is secret.
 */
const PASSED = [
  ...['PATH', 'TMPDIR', 'TMP', 'TEMP', 'TZ', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'LC_MESSAGES', 'LC_COLLATE'],
  'NODE_OPTIONS',
  ...['CI', 'NO_COLOR', 'CDKTF_LOG_LEVEL', 'CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS'],
  ...['POSTURE', 'ALLOW_DATA_LOSS', 'TF_STATE_BUCKET', 'TF_STATE_KEY', 'TF_STATE_REGION'],
] as const;

/**
 * The environment of a program that runs code of a tree: of a commit to review, of a checkout to check. Credentials
 * and tokens of whoever runs it are not in it. It is no sandbox: the code still runs as that user.
 * @param home where the program is told that its user's folder is, so that it comes upon no `~/.aws` by itself
 * @param own variables of ours, which win
 */
export function treeEnvironment(
  home: string,
  own: NodeJS.ProcessEnv = {},
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return { ...passed(PASSED, env), HOME: home, CHECKPOINT_DISABLE: '1', ...own };
}

/** Of npm: where its registry is, and how to get there. */
const REGISTRY = [
  ...['HOME', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
  ...['registry', 'cache', 'userconfig', 'globalconfig', 'cafile', 'proxy', 'https_proxy', 'noproxy', 'strict_ssl'].map(
    (key) => `npm_config_${key}`,
  ),
];

/**
 * The environment of npm in a tree, whose `.npmrc` can name any variable in what it sends. A registry's token comes
 * from the user's own `~/.npmrc`, which npm sends to that registry alone.
 */
export function registryEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return passed([...PASSED, ...REGISTRY], env);
}

function passed(names: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
