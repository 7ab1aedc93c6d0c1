import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from '../../support/child';
import { temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';

/** A package of one program, which prints `text`. */
class OneProgram {
  readonly directory = temporaryDirectory();

  constructor(text: string) {
    cpSync(join(PROJECT, 'src/start'), join(this.directory, 'src/start'), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(this.directory, 'node_modules'));
    this.write('src/text.ts', `export const text: string = '${text}';\n`);
    this.write('main.ts', `import { text } from './src/text';\nconsole.log(text);\n`);
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text);
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  start(before: readonly string[] = [], env = process.env) {
    return run([...before, process.execPath, this.path('src/start/launch.cjs'), 'main'], { env });
  }

  compiled(): string[] {
    return readdirSync(this.path('dist'), { recursive: true, encoding: 'utf8' }).toSorted();
  }
}

const says = (text: string) => ({ exitCode: 0, output: `${text}\n`, story: '' });
const COMPILED = [
  'main.js',
  'main.js.map',
  'src',
  'src/start',
  'src/start/compile.cjs',
  'src/text.js',
  'src/text.js.map',
];

it('compiles at the first start, and nothing at the next', async () => {
  const program = new OneProgram('one');
  expect(await program.start()).toEqual(says('one'));
  expect(program.compiled()).toEqual(COMPILED);
  const { ino } = statSync(program.path('dist/main.js'));
  expect(await program.start()).toEqual(says('one'));
  expect(statSync(program.path('dist/main.js')).ino).toBe(ino);
});

it('compiles what has changed, an older version that has come back as well', async () => {
  const program = new OneProgram('one');
  await program.start();
  const untouched = statSync(program.path('dist/main.js')).ino;
  program.write('src/text.ts', "export const text = 'two';\n");
  expect(await program.start()).toEqual(says('two'));
  program.write('src/text.ts', "export const text = 'one';\n");
  utimesSync(program.path('src/text.ts'), 1_000_000_000, 1_000_000_000);
  expect(await program.start()).toEqual(says('one'));
  expect(statSync(program.path('dist/main.js')).ino).toBe(untouched);
});

it('notices what is gone: a source, and a compiled file', async () => {
  const program = new OneProgram('one');
  await program.start();
  rmSync(program.path('dist/src/text.js'));
  expect(await program.start()).toEqual(says('one'));
  rmSync(program.path('src/text.ts'));
  expect(await program.start()).toMatchObject({ exitCode: 1, output: '' });
  expect(program.compiled()).toEqual(COMPILED.filter((file) => !file.includes('text')));
});

it('compiles everything where the compiler has changed', async () => {
  const program = new OneProgram('one');
  await program.start();
  program.write('dist/src/text.js', "exports.text = 'of another compiler';\n");
  const { atime, mtime } = statSync(program.path('src/text.ts'));
  utimesSync(program.path('dist/src/text.js'), atime, mtime);
  expect(await program.start()).toEqual(says('of another compiler'));
  utimesSync(program.path('src/start/compile.cjs'), 1_000_000_000, 1_000_000_000);
  expect(await program.start()).toEqual(says('one'));
});

it('several first starts at once all run, and leave one compiled form', async () => {
  const program = new OneProgram('one');
  const starts = await Promise.all(Array.from({ length: 6 }, () => program.start()));
  expect(starts).toEqual(starts.map(() => says('one')));
  expect(program.compiled()).toEqual(COMPILED);
});

it('what a process left that was killed while it compiled goes in time, and what another has begun stays', async () => {
  const program = new OneProgram('one');
  await program.start();
  const [abandoned, begun] = [program.path('dist/.new-abandoned'), program.path('dist/.new-begun')];
  for (const folder of [abandoned, begun]) cpSync(program.path('src/start'), folder, { recursive: true });
  utimesSync(abandoned, 1_000_000_000, 1_000_000_000);
  program.write('src/text.ts', "export const text = 'two';\n");
  expect(await program.start()).toEqual(says('two'));
  expect([existsSync(abandoned), existsSync(begun)]).toEqual([false, true]);
});

it('names the line that is no TypeScript, and runs nothing', async () => {
  const program = new OneProgram('one');
  await program.start();
  program.write('src/text.ts', "export const text = 'two';\nexport const = 3;\n");
  const { exitCode, output, story } = await program.start();
  expect([exitCode, output]).toEqual([1, '']);
  expect(story).toMatch(/^Error: .*\nsrc\/text\.ts:2:13: ERROR: Expected identifier.*\n$/);
  expect(program.compiled()).toEqual(COMPILED);
});

it('says in one line that there are no packages', async () => {
  const program = new OneProgram('one');
  rmSync(program.path('node_modules'));
  expect(await program.start()).toEqual({
    exitCode: 1,
    output: '',
    story: `Error: The packages are not installed in ${program.directory}. Run \`npm ci\` there\n`,
  });
});

describe('in a folder of another user', () => {
  // Root may write everywhere, so the tests run it as another user.
  const asOther = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : [];
  let program: OneProgram;

  beforeEach(() => {
    program = new OneProgram('one');
  });

  afterEach(() => {
    execFileSync('chmod', ['-R', 'u+w', program.directory]);
  });

  const close = (): void => {
    execFileSync('chmod', ['-R', 'a-w,a+rX', program.directory]);
  };

  it('runs what is compiled', async () => {
    await program.start();
    close();
    expect(await program.start(asOther)).toEqual(says('one'));
  });

  it.each([
    ['nothing is compiled', () => undefined],
    [
      'it is compiled from older sources',
      async () => {
        await program.start();
        program.write('src/text.ts', "export const text = 'two';\n");
      },
    ],
  ])('says in one line what to do where %s', async (_, prepare) => {
    await prepare();
    close();
    const { directory } = program;
    expect(await program.start(asOther)).toEqual({
      exitCode: 1,
      output: '',
      story: `Error: ${directory}/dist is not there or not up to date, and cannot be written (EACCES). Run \`npm run build\` as the owner of ${directory}\n`,
    });
  });
});

it('tells lines of the sources in a stack where DEBUG is set', async () => {
  const program = new OneProgram('one');
  program.write('main.ts', "interface Nothing {}\n\n\nthrow new Error('here');\n");
  const { story } = await program.start([], { ...process.env, DEBUG: '1' });
  expect(story).toContain(`${program.directory}/main.ts:4:7`);
});

it('modules are strict, as TypeScript takes them to be', async () => {
  const program = new OneProgram('one');
  program.write('main.ts', "import './src/text';\nconsole.log((function (this: unknown) { return this; })());\n");
  expect(await program.start()).toEqual(says('undefined'));
});

it('what of src is read by its place beside the code is in dist, too', () => {
  const source = join(PROJECT, 'src');
  const data = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .filter((file) => !/^(start|cli\/bin|successor\/packages)\//.test(file));
  expect(data).toContain('local-aws/agent/pty.py');
  for (const file of data) expect([file, existsSync(join(PROJECT, 'dist/src', file))]).toEqual([file, true]);
});

it('runs alone once it is compiled: no compiler stays beside it', async () => {
  const program = new OneProgram('one');
  program.write(
    'main.ts',
    `import { readdirSync, readFileSync } from 'node:fs';
    const tasks = () => readdirSync('/proc/self/task').map((id) => readFileSync(\`/proc/self/task/\${id}/children\`, 'utf8'));
    const since = Date.now();
    const timer = setInterval(() => {
      const isAlone = tasks().every((children) => children === '');
      if (!isAlone && Date.now() - since < 10_000) return;
      console.log(isAlone ? 'alone' : 'not alone');
      clearInterval(timer);
    }, 10);`,
  );
  expect(await program.start()).toEqual(says('alone'));
});
