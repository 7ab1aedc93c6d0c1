import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { UserError } from '../errors';
import { type AwsAccess, configuration } from './clients';
import { awsCall } from './errors';
import type { BastionNetwork } from './run-task';

const CLUSTER_SUFFIX = '-bastion-cluster';

/**
 * Finds the network by the names that the stack gives to everything: for whoever has no Terraform state at hand.
 * @param cluster `<prefix>-bastion-cluster`
 */
export async function discoverNetwork(
  access: AwsAccess,
  cluster: string,
  signal: AbortSignal,
): Promise<BastionNetwork> {
  const ec2 = new EC2Client(configuration(access));
  if (!cluster.endsWith(CLUSTER_SUFFIX)) {
    throw new UserError(
      `The network cannot be looked up from the cluster name ${cluster}, which does not end in ${CLUSTER_SUFFIX}`,
      'Pass --outputs with the file that `npx cdktf deploy --outputs-file FILE` writes',
    );
  }
  const prefix = cluster.slice(0, -CLUSTER_SUFFIX.length);
  const groupName = `${prefix}-bastion-sg`;
  const { SecurityGroups: groups = [] } = await awsCall('ec2:DescribeSecurityGroups', () =>
    ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: [groupName] }] }), {
      abortSignal: signal,
    }),
  );
  const [group, another] = groups;
  if (group?.GroupId === undefined || group.VpcId === undefined) {
    throw new UserError(
      `There is no security group ${groupName} in this region and account`,
      'Deploy the stack (`npx cdktf deploy`), or name another with --cluster, --region or --profile',
    );
  }
  if (another !== undefined) {
    throw new UserError(
      `There are ${groups.length} security groups named ${groupName}`,
      'Pass --outputs with the file that `npx cdktf deploy --outputs-file FILE` writes',
    );
  }
  const vpcId = group.VpcId;
  const { Subnets: subnets = [] } = await awsCall('ec2:DescribeSubnets', () =>
    ec2.send(
      new DescribeSubnetsCommand({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: 'tag:Name', Values: ['private-*'] },
        ],
      }),
      { abortSignal: signal },
    ),
  );
  const subnetIds = subnets.flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId])).sort();
  if (subnetIds.length === 0) {
    throw new UserError(`The VPC ${vpcId} has no subnet tagged Name=private-*`, 'Deploy the stack again');
  }
  return { cluster, taskDefinition: `${prefix}-bastion`, subnets: subnetIds, securityGroup: group.GroupId };
}
