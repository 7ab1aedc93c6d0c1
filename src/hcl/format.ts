import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { isErrno, UserError } from '../errors';

/** Formats HCL as `terraform fmt` does. @throws UserError where Terraform cannot read it, or is not there */
export async function format(hcl: string): Promise<string> {
  const child = spawn(process.env.TERRAFORM_BINARY_NAME ?? 'terraform', ['fmt', '-no-color', '-'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  child.stdin.on('error', () => undefined); // it ended before it had read all; its exit code says so
  child.stdin.end(hcl);
  try {
    const [exitCode, formatted, said] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
    if (exitCode === 0) return formatted;
    throw new UserError(`Terraform cannot format the stack:\n${said.trim()}`, 'Look at src/hcl');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new UserError('terraform is not on the PATH', 'Install Terraform', { cause: error });
  }
}
