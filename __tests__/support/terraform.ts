import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { synthesize } from './synth';

export interface PlannedChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode: 'managed' | 'data';
  readonly change: { readonly actions: readonly string[]; readonly after?: Readonly<Record<string, unknown>> | null };
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

  async initialize(): Promise<void> {
    mkdirSync(this.stack, { recursive: true });
    writeFileSync(join(this.stack, 'cdk.tf.json'), synthesize());
    await this.run('init', '-input=false');
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
    const { stdout } = await promisify(execFile)('terraform', [...argv, ...(argv[0] === 'show' ? [] : ['-no-color'])], {
      cwd: this.stack,
      env: this.env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }
}

/** Terraform's `-var` options. */
export function asArguments(variables: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(variables).map(
    ([name, value]) => `-var=${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
}
