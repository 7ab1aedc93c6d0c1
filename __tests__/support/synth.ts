import { App } from 'cdktf';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuroraBastionProps, AuroraBastionStack } from '../../src/infra/stack';

type Block = Readonly<Record<string, unknown>>;

/** A synthesized file, as Terraform reads it. */
export interface Synthesized {
  readonly terraform: {
    readonly backend: Block;
    readonly required_providers: { readonly aws: { readonly version: string } };
  };
  readonly variable: Readonly<
    Record<
      string,
      { readonly default?: unknown; readonly type: string; readonly sensitive?: boolean; readonly description: string }
    >
  >;
  readonly output: Readonly<Record<string, { readonly value: string; readonly description: string }>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly moved: readonly { readonly from: string; readonly to: string }[];
}

/**
 * The text that `cdktf synth` writes for the stack.
 * @param stateFile put where the stack looks for its local state
 */
export function synthesize(props: AuroraBastionProps = {}, stateFile?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-bastion-synth-'));
  const outdir = join(folder, 'cdktf.out');
  try {
    if (stateFile !== undefined) copyFileSync(stateFile, join(folder, 'terraform.aurora-bg.tfstate'));
    const app = new App({ outdir });
    new AuroraBastionStack(app, 'aurora-bg', props);
    app.synth();
    return readFileSync(join(outdir, 'stacks/aurora-bg/cdk.tf.json'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
