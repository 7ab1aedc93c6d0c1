import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AuroraBastionProps } from '../../src/infra/stack';
import { synthesize } from './synth';

export interface PlannedChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode: 'managed' | 'data';
  readonly change: {
    readonly actions: readonly string[];
    readonly before?: Readonly<Record<string, unknown>> | null;
    readonly after?: Readonly<Record<string, unknown>> | null;
  };
}

export interface Plan {
  readonly resource_changes: readonly PlannedChange[];
  readonly output_changes: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

/** The synthesized stack in a folder of its own, planned by the real Terraform with the real provider. */
export class TerraformFolder {
  private readonly stack: string;

  constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.stack = join(folder, 'cdktf.out/stacks/aurora-bg');
  }

  async initialize(props: AuroraBastionProps = {}): Promise<void> {
    mkdirSync(this.stack, { recursive: true });
    this.write(props);
    await this.run('init', '-input=false');
  }

  /** Synthesizes the stack, in another posture perhaps. */
  write(props: AuroraBastionProps): void {
    writeFileSync(join(this.stack, 'cdk.tf.json'), synthesize(props));
  }

  async apply(variables: Readonly<Record<string, unknown>>): Promise<void> {
    await this.run('apply', '-input=false', '-auto-approve', ...asArguments(variables));
  }

  async destroy(variables: Readonly<Record<string, unknown>>): Promise<void> {
    await this.run('destroy', '-input=false', '-auto-approve', ...asArguments(variables));
  }

  /** Text as `terraform output -json` prints it. */
  outputs(): Promise<string> {
    return this.run('output', '-json');
  }

  /** Takes over an existing state. */
  adopt(stateFile: string): void {
    copyFileSync(stateFile, join(this.folder, 'terraform.aurora-bg.tfstate'));
  }

  async plan(variables: Readonly<Record<string, unknown>>, ...options: readonly string[]): Promise<Plan> {
    await this.run('plan', '-input=false', '-lock=false', '-out=plan', ...options, ...asArguments(variables));
    return JSON.parse(await this.run('show', '-json', 'plan')) as Plan;
  }

  private async run(...argv: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      'terraform',
      [...argv, ...(['show', 'output'].includes(argv[0] ?? '') ? [] : ['-no-color'])],
      {
        cwd: this.stack,
        env: this.env,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    return stdout;
  }
}

/** Terraform's `-var` options. */
export function asArguments(variables: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(variables).map(
    ([name, value]) => `-var=${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
}
