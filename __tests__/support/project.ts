import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './bastion';
import { PROJECT } from './helper';

const PARTS = ['main.ts', 'cdktf.json', 'package.json', 'tsconfig.json', 'help', 'src'];

export interface Answer {
  readonly exitCode: number | string | null | undefined;
  readonly output: string;
  readonly story: string;
}

/** A copy of the project with a context of its own in `cdktf.json`. Its packages are the project's. */
export class ProjectCopy {
  readonly directory = temporaryDirectory();

  constructor(context: object) {
    for (const part of PARTS) cpSync(join(PROJECT, part), join(this.directory, part), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(this.directory, 'node_modules'));
    this.setContext(context);
  }

  setContext(context: object): void {
    const file = join(this.directory, 'cdktf.json');
    const project = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...project, context }));
  }

  /** Runs a program in its folder. */
  run([program = '', ...argv]: readonly string[], env: NodeJS.ProcessEnv, cwd = this.directory): Promise<Answer> {
    return new Promise((done) => {
      execFile(program, argv, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, output, story) => {
        done({ exitCode: error === null ? 0 : error.code, output, story });
      });
    });
  }

  /** Runs the copy's own helper. */
  connect(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
    return this.run([process.execPath, join(this.directory, 'src/cli/bin/connect'), ...argv], env);
  }
}
