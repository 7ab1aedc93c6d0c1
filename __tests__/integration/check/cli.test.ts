import { spawnSync } from 'node:child_process';
import { PROJECT } from '../../support/helper';

/** `npm run check`, as `package.json` has it. */
function runCheck(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync('npm', ['run', '--silent', 'check', '--', ...argv], {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}

describe('npm run check', () => {
  it('ends with 0 on hardened, and tells what stays and why', () => {
    const { status, stdout } = runCheck(['--posture', 'hardened']);
    expect(stdout).toMatch(/^suppressed: CKV_AWS_336 aws_ecs_task_definition\.bastion\n {2}The agent /m);
    expect(stdout).toMatch(/^0 findings, 4 suppressed$/m);
    expect(status).toBe(0);
  });

  it('ends with 1 on the reference, and says of each finding where it is and what to do', () => {
    const { status, stdout } = runCheck([]);
    expect(stdout).toMatch(
      /^CKV_AWS_96 \(AVD-AWS-0079\) aws_rds_cluster\.aurora_postgresql\n {2}What .*\.\n {2}Set storage_encrypted.*\.$/m,
    );
    expect(stdout).toMatch(/^27 findings, 0 suppressed$/m);
    expect(status).toBe(1);
  });

  it('takes the posture from the environment, and prints JSON', () => {
    const { status, stdout } = runCheck(['--json'], { POSTURE: 'hardened' });
    const { posture, findings } = JSON.parse(stdout) as { posture: string; findings: object[] };
    expect(posture).toBe('hardened');
    expect(findings).toHaveLength(4);
    expect(findings[0]).toEqual({
      stack: 'aurora-bg',
      rule: 'CKV2_AWS_8',
      also: [],
      address: 'aws_rds_cluster.aurora_postgresql',
      what: expect.any(String) as string,
      remedy: expect.any(String) as string,
      suppressed: expect.any(String) as string,
    });
    expect(status).toBe(0);
  });

  it.each([
    [['--posture', 'soft'], 1, /There is no posture "soft".*reference, hardened/],
    [['--nonsense'], 2, /--nonsense/],
  ])('refuses %j', (argv, exitCode, pattern) => {
    const { status, stderr } = runCheck(argv);
    expect([status, stderr]).toEqual([exitCode, expect.stringMatching(pattern)]);
  });
});
