import { join } from 'node:path';
import { App, LocalBackend, S3Backend, TerraformStack } from 'cdktf';
import { UserError } from '../errors';

const DEFAULT_STATE_REGION = 'ap-northeast-1';

/** One key for the states of several stacks: each would overwrite the others'. */
export class SharedStateKeyError extends UserError {
  constructor() {
    super(
      'TF_STATE_KEY names one state, and there are several environments',
      'Leave it out: the state of each is <stack>/terraform.tfstate in TF_STATE_BUCKET',
    );
  }
}

/**
 * Where the state lies: in S3 with its own locking when `TF_STATE_BUCKET` is set, else in a file beside `cdktf.out`.
 * The file's path is relative, so that two checkouts synthesize the same text.
 * @throws SharedStateKeyError
 */
export function configureBackend(stack: TerraformStack, env: NodeJS.ProcessEnv = process.env): void {
  const id = stack.node.id;
  const { TF_STATE_BUCKET: bucket, TF_STATE_KEY: key, TF_STATE_REGION: region } = env;
  // Pipelines pass what is unset as empty text, hence no `??`.
  if (!bucket) {
    new LocalBackend(stack, { path: join('../../..', stateFileName(stack)) });
    return;
  }
  const others = stack.node.scope?.node.children.filter((one) => one !== stack && TerraformStack.isStack(one)) ?? [];
  if (key && others.length > 0) throw new SharedStateKeyError();
  new S3Backend(stack, {
    bucket,
    key: key || `${id}/terraform.tfstate`,
    region: region || DEFAULT_STATE_REGION,
    encrypt: true,
  });
  // Locks with a file beside the state; the bindings do not know it yet.
  stack.addOverride('terraform.backend.s3.use_lockfile', true);
}

/** The state as a file, as Terraform will find it from the stack's folder; undefined when it lies in S3. */
export function localStateFile(stack: TerraformStack, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TF_STATE_BUCKET ? undefined : join(App.of(stack).outdir, '..', stateFileName(stack));
}

function stateFileName(stack: TerraformStack): string {
  return `terraform.${stack.node.id}.tfstate`;
}
