import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const PROJECT = join(__dirname, '../..');
/** The command behind `npm run connect`. */
export const CONNECT = [process.execPath, 'src/cli/bin/connect'] as const;

/** A helper process without a terminal, and what it has said so far. */
export interface Helper {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly story: () => string;
  /** Settles when it has ended. */
  readonly exitCode: Promise<number | null>;
  /** Waits until standard error matches. */
  tells(pattern: RegExp): Promise<void>;
}

export function startHelper(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  input: 'ignore' | 'pipe' = 'ignore',
  cwd = PROJECT,
): Helper {
  const [node, program] = CONNECT;
  const child = spawn(node, [join(PROJECT, program), ...argv], { cwd, env, stdio: [input, 'pipe', 'pipe'] });
  let [output, story] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (story += chunk.toString()));
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    output: () => output,
    story: () => story,
    exitCode,
    tells: async (pattern) => {
      const deadline = Date.now() + 30_000;
      while (!pattern.test(story)) {
        if (Date.now() > deadline)
          throw new Error(`standard error does not match ${String(pattern)} but is:\n${story}`);
        await sleep(20);
      }
    },
  };
}

export async function runHelper(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = PROJECT,
): Promise<{ readonly exitCode: number | null; readonly output: string; readonly story: string }> {
  const helper = startHelper(argv, env, 'ignore', cwd);
  const exitCode = await helper.exitCode;
  return { exitCode, output: helper.output(), story: helper.story() };
}
