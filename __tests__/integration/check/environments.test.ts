import { type Answer, ProjectCopy } from '../../support/project';

const project = new ProjectCopy({
  environments: {
    staging: { posture: 'reference' },
    production: { posture: 'hardened', variables: { aurora_instance_count: 3 } },
  },
});
const check = (...argv: readonly string[]): Promise<Answer> =>
  project.run(['npm', 'run', '--silent', 'check', '--', ...argv], process.env);

describe('npm run check of a project with environments', () => {
  it('checks each in its own posture, and says which it is', async () => {
    const { exitCode, output } = await check();
    expect(output).toMatch(
      /^Environment staging \(aurora-bg-staging, reference\)\n[^]*\n27 findings, 0 suppressed\n\nEnvironment production \(aurora-bg-production, hardened\)\n[^]*\n0 findings, 4 suppressed\n$/,
    );
    expect(exitCode).toBe(1);
  });

  it('checks the one that is named', async () => {
    const { exitCode, output } = await check('--env', 'production', '--json');
    const { environments, findings } = JSON.parse(output) as { environments: object; findings: object[] };
    expect([exitCode, environments]).toEqual([0, { production: 'hardened' }]);
    expect(findings).toHaveLength(4);
    expect(findings[0]).toMatchObject({ environment: 'production', stack: 'aurora-bg-production' });
  });

  it('checks all of them in a posture that is given', async () => {
    const { exitCode, output } = await check('--posture', 'hardened');
    expect([exitCode, output.match(/, hardened\)$/gm)?.length]).toEqual([0, 2]);
  });

  it('lists those there are for another name', async () => {
    const { exitCode, story } = await check('--env', 'prod');
    expect([exitCode, story]).toEqual([
      2,
      expect.stringMatching(/no environment "prod"\. There are: staging, production/),
    ]);
  });
});
