import { Project } from './project';

const project = new Project();
const CDKTF = { language: 'typescript', app: 'node src/start/launch.cjs main' };
const ENVIRONMENTS = { staging: {}, production: { region: 'eu-west-1' } };

const setEnvironments = (environments: object): void => {
  project.write('cdktf.json', JSON.stringify({ ...CDKTF, context: { environments } }));
};

beforeAll(() => {
  setEnvironments(ENVIRONMENTS);
  project.commit();
});

afterEach(() => {
  expect(project.leftovers()).toEqual([]);
  project.restore();
});

it('says in one line that nothing changed in any', async () => {
  const { output, exitCode } = await project.review();
  expect([exitCode, output]).toEqual([0, expect.stringMatching(/^No change to the infrastructure against /)]);
});

it('names the environment that changed, and those that did not', async () => {
  setEnvironments({ ...ENVIRONMENTS, staging: { variables: { aurora_instance_count: 1 } } });
  const { output } = await project.review();
  expect(output).toMatch(/^Environment staging \(aurora-bg-staging\) against .*: resources: none; variables: 1\n/);
  expect(output).toMatch(/\n {4}~ var\.aurora_instance_count\n {8}~ default: 2 → 1\n/);
  expect(output).toMatch(/\n\nUnchanged: production\n$/);
});

it('compares all of them where the code changed', async () => {
  project.edit('src/infra/bastion.ts', 'LOG_RETENTION_DAYS = 7', 'LOG_RETENTION_DAYS = 30');
  const { output } = await project.review('--markdown');
  expect(output.match(/^### Infrastructure: .*$/gm)).toEqual([
    '### Infrastructure: environment `production`, `aurora-bg-production`',
    '### Infrastructure: environment `staging`, `aurora-bg-staging`',
  ]);
  expect(output.match(/^! +retention_in_days: 7 → 30$/gm)).toHaveLength(2);
});

it('says which comes and which goes', async () => {
  setEnvironments({ staging: {}, demo: {} });
  const { output } = await project.review();
  expect(output).toMatch(/^Environment demo \(aurora-bg-demo\) against .*: a new stack: /m);
  expect(output).toMatch(/^Environment production \(aurora-bg-production\) against .*: A STACK THAT IS GONE: /m);
});
