import { join } from 'node:path';
import type { AwsAccess } from '../aws/clients';
import type { BastionNetwork } from '../aws/run-task';
import { UserError } from '../errors';
import type { Outputs } from '../outputs';
import { NoOutputsError, readOutputsFile, readTerraformOutputs, stackDirectory } from '../terraform';
import type { Where } from './args';
import type { Story } from './story';

/** What was deployed, as far as a session needs to know. */
export interface Deployment {
  readonly access: AwsAccess;
  readonly cluster: string;
  readonly serviceName: string;
  /** Of the task definition. */
  readonly family: string;
  /** Where a task of our own goes; looked up only when one is started. */
  readonly network: () => Promise<BastionNetwork>;
}

const PROJECT_DIRECTORY = join(__dirname, '../..');
const DEFAULT_CLUSTER = 'aurora-bg-bastion-cluster';
const DEFAULT_REGION = 'ap-northeast-1';

/**
 * Takes the deployment from the outputs, or, where there are none, from the names in AWS. Options come first, then
 * the outputs, then what the old script assumed.
 */
export async function findDeployment(options: Where, story: Story, signal: AbortSignal): Promise<Deployment> {
  const { outputs, why } = await story.timed('outputs', () => findOutputs(options, signal));
  const cluster = options.cluster ?? outputs?.bastionClusterName ?? DEFAULT_CLUSTER;
  const region =
    options.region ?? outputs?.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const access = { region, profile: options.profile };
  return {
    access,
    cluster,
    serviceName: cluster.replace(/-cluster$/, '-service'),
    family: outputs?.bastionTaskDefinitionFamily ?? cluster.replace(/-cluster$/, ''),
    network: async () => {
      if (outputs !== undefined) return networkOf(outputs, cluster);
      story.line(`${why?.message ?? 'There are no outputs'}: looking the network up in AWS by its names`);
      try {
        // The EC2 client is larger than all the rest together, and seldom needed.
        const { discoverNetwork } = await import('../aws/discovery.js');
        return await discoverNetwork(access, cluster, signal);
      } catch (error) {
        if (!(error instanceof UserError) || why === undefined) throw error;
        throw new UserError(`${why.message}, and the look-up in AWS failed too: ${error.message}`, why.remedy, {
          cause: error,
        });
      }
    },
  };
}

async function findOutputs(
  { outputsFile }: Where,
  signal: AbortSignal,
): Promise<{ readonly outputs?: Outputs; readonly why?: NoOutputsError }> {
  if (outputsFile !== undefined) return { outputs: readOutputsFile(outputsFile) };
  try {
    return { outputs: await readTerraformOutputs(stackDirectory(process.env, PROJECT_DIRECTORY), signal) };
  } catch (error) {
    if (error instanceof NoOutputsError) return { why: error };
    throw error;
  }
}

function networkOf(outputs: Outputs, cluster: string): BastionNetwork {
  return {
    cluster,
    taskDefinition: outputs.bastionTaskDefinitionFamily,
    subnets: outputs.privateSubnetIds,
    securityGroup: outputs.bastionSecurityGroupId,
  };
}
