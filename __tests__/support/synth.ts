import { App } from 'cdktf';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuroraBastionStack } from '../../src/infra/stack';

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

/** The text that `cdktf synth` writes for the stack. */
export function synthesize(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'aurora-bastion-synth-'));
  try {
    const app = new App({ outdir });
    new AuroraBastionStack(app, 'aurora-bg');
    app.synth();
    return readFileSync(join(outdir, 'stacks/aurora-bg/cdk.tf.json'), 'utf8');
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
