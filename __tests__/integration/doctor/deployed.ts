import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DoctorTarget } from '../../../src/doctor/diagnose';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { parseOutputs } from '../../../src/outputs';
import { temporaryDirectory } from '../../support/bastion';
import { synthesize } from '../../support/synth';

/** The whole stack in a local AWS, and this process as a client of it. */
export interface DeployedStack extends AsyncDisposable {
  readonly aws: LocalAws;
  readonly target: DoctorTarget;
  /** As `terraform output -json` writes them. */
  readonly outputsFile: string;
}

export async function deployStack(): Promise<DeployedStack> {
  const directory = temporaryDirectory();
  const aws = await startLocalAws({ directory: join(directory, 'aws') });
  try {
    const stack = join(directory, 'cdktf.out/stacks/aurora-bg');
    mkdirSync(stack, { recursive: true });
    writeFileSync(join(stack, 'cdk.tf.json'), synthesize());
    const terraform = async (...argv: readonly string[]): Promise<string> => {
      const options = { cwd: stack, env: aws.environment, maxBuffer: 64 * 1024 * 1024 };
      return (await promisify(execFile)('terraform', argv, options)).stdout;
    };
    await terraform('init', '-input=false', '-no-color');
    await terraform('apply', '-auto-approve', '-input=false', '-no-color', '-parallelism=30');
    const json = await terraform('output', '-json');
    const outputsFile = join(directory, 'outputs.json');
    writeFileSync(outputsFile, json);
    becomeClient(aws.environment);
    const outputs = parseOutputs(json);
    const target = {
      access: { region: outputs.region },
      cluster: outputs.bastionClusterName,
      taskDefinition: outputs.bastionTaskDefinitionFamily,
      serviceName: 'aurora-bg-bastion-service',
      subnets: outputs.privateSubnetIds,
      securityGroup: outputs.bastionSecurityGroupId,
    };
    return { aws, target, outputsFile, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
  } catch (error) {
    await aws[Symbol.asyncDispose]();
    throw error;
  }
}

/** The SDK takes endpoint and credentials from the environment, as in a shell with `npm run local -- env`. */
function becomeClient(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, environment);
}
