import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryDirectory } from '../../support/bastion';

const ROOT = resolve(__dirname, '../../..');
const LAUNCH = join(ROOT, 'src/start/launch.cjs');
const PARTS = [
  'main.ts',
  'cdktf.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'src/start',
  'src/infra',
  'src/environments.ts',
  'src/outputs.ts',
  'src/errors.ts',
];

export interface Run {
  readonly output: string;
  readonly story: string;
  readonly exitCode: number | string | null | undefined;
}

/** A repository with the stack's own source in it, and the project's packages. */
export class Project {
  readonly directory: string;
  private readonly repository = temporaryDirectory();
  /** Where the command puts what it needs for a while. */
  private readonly scratch = temporaryDirectory();

  /** @param folder where in the repository the project lies */
  constructor(folder = '') {
    this.directory = join(this.repository, folder);
    for (const part of PARTS) cpSync(join(ROOT, part), join(this.directory, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'));
    this.write('.gitignore', 'node_modules\ndist\ncdktf.out\n');
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit();
  }

  git(...argv: readonly string[]): string {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...identity, ...argv], { cwd: this.directory, encoding: 'utf8' });
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message=change');
  }

  write(file: string, text: string): void {
    mkdirSync(join(this.directory, file, '..'), { recursive: true });
    writeFileSync(join(this.directory, file), text);
  }

  /** Replaces one part of a file, which must be there. */
  edit(file: string, from: string, to: string): void {
    const text = readFileSync(join(this.directory, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    this.write(file, text.replace(from, to));
  }

  restore(): void {
    this.git('checkout', '--quiet', '--force', 'main');
    this.git('clean', '--quiet', '--force', '-d');
  }

  review(...argv: readonly string[]): Promise<Run> {
    return this.reviewWith({}, ...argv);
  }

  /** With further variables in its environment. */
  reviewWith(variables: NodeJS.ProcessEnv, ...argv: readonly string[]): Promise<Run> {
    const env = { ...this.env, ...variables };
    return new Promise((done) => {
      execFile(process.execPath, this.words(argv), { cwd: this.directory, env }, (error, output, story) => {
        done({ output, story, exitCode: error === null ? 0 : error.code });
      });
    });
  }

  /** Ends the command with a signal as soon as it has made a folder. @returns the exit code */
  interrupt(signal: NodeJS.Signals): Promise<number | null> {
    const child = spawn(process.execPath, this.words([]), { cwd: this.directory, env: this.env, stdio: 'ignore' });
    const watcher = watch(this.scratch, (_, name) => {
      if (name?.startsWith('aurora-bastion-review-') === true) child.kill(signal);
    });
    return new Promise((done) => {
      child.once('close', (exitCode) => {
        watcher.close();
        done(exitCode);
      });
    });
  }

  /** What the command left behind. */
  leftovers(): string[] {
    return readdirSync(this.scratch).filter((name) => name.startsWith('aurora-bastion-review-'));
  }

  private words(argv: readonly string[]): string[] {
    return [LAUNCH, 'src/review/main', ...argv];
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: this.scratch };
  }
}
