import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { STACK_ID } from './environments';
import { isErrno, UserError } from './errors';
import { type Outputs, parseOutputs } from './outputs';

/** Terraform's outputs cannot be had here; the network can still be looked up in AWS. */
export class NoOutputsError extends UserError {}

/** The folder that `cdktf synth` writes for a stack; `CDKTF_OUTPUT` moves it, as it does for cdktf. */
export function stackDirectory(env: NodeJS.ProcessEnv, projectDirectory: string, stackId = STACK_ID): string {
  return join(resolve(projectDirectory, env.CDKTF_OUTPUT ?? 'cdktf.out'), 'stacks', stackId);
}

/**
 * Reads the outputs of the synthesized stack with `terraform output -json`.
 * @throws NoOutputsError when it is not synthesized, not initialized or not deployed, or when there is no Terraform
 */
export async function readTerraformOutputs(directory: string, signal: AbortSignal): Promise<Outputs> {
  if (!existsSync(join(directory, 'cdk.tf.json'))) {
    throw new NoOutputsError(
      'The stack has not been synthesized here',
      'Run `npx cdktf deploy`, or pass --outputs FILE',
    );
  }
  if (!existsSync(join(directory, '.terraform'))) {
    throw new NoOutputsError(
      'The stack has not been initialized here',
      'Run `npx cdktf deploy`, or pass --outputs FILE',
    );
  }
  const json = await terraformOutput(directory, signal);
  if (json.trim() === '{}') {
    throw new NoOutputsError('The stack is not deployed', 'Run `npx cdktf deploy`, or pass --outputs FILE');
  }
  return parseOutputs(json);
}

/**
 * Reads the file that `cdktf deploy --outputs-file FILE` writes, or `terraform output -json`.
 * @param stackId which of the file's stacks; undefined: it has one
 */
export function readOutputsFile(file: string, stackId?: string): Outputs {
  try {
    return parseOutputs(readFileSync(file, 'utf8'), stackId);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EISDIR')) {
      throw new UserError(
        `The outputs file ${file} cannot be read (${isErrno(error, 'ENOENT') ? 'there is none' : String(error)})`,
        'Write it with `npx cdktf deploy --outputs-file FILE`',
        { cause: error },
      );
    }
    throw error;
  }
}

async function terraformOutput(directory: string, signal: AbortSignal): Promise<string> {
  const terraform = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  try {
    const { stdout } = await promisify(execFile)(terraform, ['output', '-json', '-no-color'], {
      cwd: directory,
      signal,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    if (isErrno(error, 'ENOENT')) {
      throw new NoOutputsError('Terraform is not on the PATH', 'Install Terraform, or pass --outputs FILE');
    }
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    throw new NoOutputsError(
      `terraform output failed: ${firstErrorLine(said)}`,
      'Run `npx cdktf deploy`, or pass --outputs FILE',
      { cause: error },
    );
  }
}

/** Terraform frames its errors in a box of several lines; the first one that says "Error" is the summary. */
function firstErrorLine(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^[│╷╵ ]+/, '').trim());
  return lines.find((line) => line.startsWith('Error')) ?? lines.find((line) => line !== '') ?? 'no further words';
}
