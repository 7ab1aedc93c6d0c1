import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../support/bastion';
import { Project } from './project';

const project = new Project();
const folders = temporaryDirectory();
const marker = join(folders, 'marker');

function writeProgram(file: string, shell: string): void {
  writeFileSync(file, `#!/bin/sh\n${shell}\n`);
  chmodSync(file, 0o755);
}

afterEach(() => {
  expect(project.leftovers()).toEqual([]);
  project.restore();
  rmSync(marker, { force: true });
});

describe('the review of two synthesized folders', () => {
  const [base, change] = [join(folders, 'base'), join(folders, 'change')];
  const CDKTF = JSON.parse(readFileSync(join(project.directory, 'cdktf.json'), 'utf8')) as object;

  beforeAll(async () => {
    expect(await project.review('--write', base)).toMatchObject({ output: 'aurora-bg\n', exitCode: 0 });
  });

  it('says what that of the two trees says, and runs no code of either', async () => {
    project.edit('src/infra/network.ts', 'enableDnsHostnames: true', 'enableDnsHostnames: false');
    project.write('cdktf.json', JSON.stringify({ ...CDKTF, context: { environments: { staging: {} } } }));
    project.edit('main.ts', 'app.synth();', `app.synth();\n  require('fs').writeFileSync('${marker}', '');`);
    expect(await project.review('--write', change)).toMatchObject({ output: 'aurora-bg-staging\n', exitCode: 0 });
    const trees = await project.review('--markdown');
    expect(existsSync(marker)).toBe(true);
    rmSync(marker);
    const synthesized = await project.review('--synthesized', base, change, '--markdown');
    expect(existsSync(marker)).toBe(false);
    expect(trees.output).toContain('environment `staging`');
    expect(trees.output).toContain('aurora-bg');
    expect(synthesized).toEqual({ ...trees, output: trees.output.replaceAll(/HEAD \([0-9a-f]{7}\)/g, 'base') });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['a folder that is there', ['--write', '.'], /^Error: \. is there already\nName a folder that is not there/],
    ['a folder without stacks', ['--synthesized', '.', '.'], /^Error: The base has no stacks\nExpected stacks\/NAME/],
  ])('names what is wrong: %s', async (_, argv, expected) => {
    const { output, story, exitCode } = await project.review(...argv);
    expect([output, exitCode]).toEqual(['', 1]);
    expect(story).toMatch(expected);
  });
});

it('lets no credentials come to the code that it synthesizes, of the base or of the tree', async () => {
  const print = `console.error('Error: ' + Object.keys(process.env).toSorted().join()); process.exit(1);\n`;
  const secrets = {
    AWS_ACCESS_KEY_ID: 'k',
    AWS_PROFILE: 'p',
    GITHUB_TOKEN: 't',
    NPM_TOKEN: 't',
    TF_VAR_master_password: 'p',
  };
  const given = { ...secrets, POSTURE: 'hardened', HOME: folders };
  const tree = readFileSync(join(project.directory, 'main.ts'), 'utf8');
  project.write('main.ts', print + tree);
  const { story: ofTree } = await project.reviewWith(given);
  project.git('checkout', '--quiet', '-b', 'printing');
  project.commit();
  project.write('main.ts', tree);
  const { story: ofBase } = await project.reviewWith(given, '--base', 'HEAD');
  for (const story of [ofTree, ofBase]) {
    expect(story).toMatch(/ cannot be synthesized: Error: .*POSTURE/);
    for (const name of Object.keys(secrets)) expect(story).not.toContain(name);
  }
  expect(ofTree).toMatch(/^Error: The working tree/);
  expect(ofBase).toMatch(/^Error: The base/);
});

describe('the settings of a repository that name programs', () => {
  const program = join(folders, 'program');
  beforeAll(() => {
    writeProgram(program, `touch '${marker}'`);
  });

  it('run none: monitors of the file system, hooks, filters', async () => {
    const hooks = join(folders, 'hooks');
    mkdirSync(hooks);
    for (const hook of ['post-index-change', 'post-checkout']) copyFileSync(program, join(hooks, hook));
    project.git('config', 'filter.mark.smudge', program);
    project.git('config', 'core.hooksPath', hooks);
    project.git('config', 'core.fsmonitor', program);
    writeFileSync(join(project.directory, '.git/info/attributes'), '* filter=mark\n');
    const { output } = await project.review();
    const isMarked = existsSync(marker);
    for (const key of ['filter.mark.smudge', 'core.hooksPath', 'core.fsmonitor']) project.git('config', '--unset', key);
    expect(output).toMatch(/^No change to the infrastructure/);
    expect(isMarked).toBe(false);
  });

  it('run none: what fetches for a partial clone', async () => {
    const settings = { promisor: 'true', url: project.directory, uploadpack: program };
    for (const [key, value] of Object.entries(settings)) project.git('config', `remote.origin.${key}`, value);
    const { story } = await project.review('--base', '1'.repeat(40));
    const isMarked = existsSync(marker);
    project.git('remote', 'remove', 'origin');
    expect(story).toMatch(/^Error: There is no commit "1{40}" here\n/);
    expect(isMarked).toBe(false);
  });
});

it('prints what the code of a tree said with its control characters written out', async () => {
  project.write('main.ts', `console.error('Error: \\u001b[2J'); process.exit(1);\n`);
  const { story } = await project.review();
  expect(story).toMatch(/^Error: The working tree cannot be synthesized: Error: \\u001b\[2J\n/);
});
