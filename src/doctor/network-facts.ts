import {
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type NatGateway,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type Vpc,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { configuration } from '../aws/clients';
import { AwsCallError, awsCall, awsErrorName } from '../aws/errors';
import { AbsentError, DEPLOY, deniedAction, list } from './check';
import type { DoctorTarget } from './facts';
import { once } from './once';

/** What EC2 says about the network of the bastion. */
export class NetworkFacts {
  private readonly ec2: EC2Client;

  constructor(
    private readonly target: DoctorTarget,
    private readonly signal: AbortSignal,
  ) {
    this.ec2 = new EC2Client(configuration(target.access));
  }

  /** Those where bastion tasks go: at least one, all there. */
  readonly subnets = once(async (): Promise<readonly Subnet[]> => {
    const { subnets: wanted, networkFault } = this.target;
    if (networkFault !== undefined) throw this.unknown(networkFault);
    const found = await this.subnetsById(wanted).catch((error: unknown) => {
      throw this.gone(error, 'subnets', list(wanted));
    });
    const missing = wanted.filter((id) => !found.some(({ SubnetId }) => SubnetId === id));
    if (wanted.length > 0 && missing.length === 0) return found;
    throw this.absent('subnets', missing.length === 0 ? 'No subnets are named' : `There is no ${list(missing)}`);
  });

  /** The VPC of the first subnet. */
  readonly vpcId = once(async () => (await this.subnets())[0]?.VpcId ?? '');

  readonly vpc = once(async (): Promise<Vpc> => {
    const id = await this.vpcId();
    const { Vpcs: [vpc] = [] } = await awsCall('ec2:DescribeVpcs', () =>
      this.ec2.send(new DescribeVpcsCommand({ VpcIds: [id] }), this.options),
    );
    return vpc ?? {};
  });

  /** Whether names are resolved in the VPC, and whether endpoints may give theirs. */
  readonly dns = once(async () => {
    const id = await this.vpcId();
    const ask = (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') =>
      awsCall('ec2:DescribeVpcAttribute', () =>
        this.ec2.send(new DescribeVpcAttributeCommand({ VpcId: id, Attribute }), this.options),
      );
    const [support, hostnames] = await Promise.all([ask('enableDnsSupport'), ask('enableDnsHostnames')]);
    return {
      support: support.EnableDnsSupport?.Value === true,
      hostnames: hostnames.EnableDnsHostnames?.Value === true,
    };
  });

  readonly endpoints = once(async (): Promise<readonly VpcEndpoint[]> => {
    const filters = await this.inVpc();
    const all = await this.pages<VpcEndpoint>(async (NextToken) => {
      const { VpcEndpoints = [], ...answer } = await awsCall('ec2:DescribeVpcEndpoints', () =>
        this.ec2.send(new DescribeVpcEndpointsCommand({ Filters: filters, NextToken }), this.options),
      );
      return [VpcEndpoints, answer.NextToken];
    });
    // A deleted one is shown for a while.
    return all.filter(({ State }) => State?.toLowerCase() !== 'deleted');
  });

  readonly routeTables = once(async (): Promise<readonly RouteTable[]> => {
    const filters = await this.inVpc();
    return await this.pages(async (NextToken) => {
      const { RouteTables = [], ...answer } = await awsCall('ec2:DescribeRouteTables', () =>
        this.ec2.send(new DescribeRouteTablesCommand({ Filters: filters, NextToken }), this.options),
      );
      return [RouteTables, answer.NextToken];
    });
  });

  readonly natGateways = once(async (): Promise<readonly NatGateway[]> => {
    const filters = await this.inVpc();
    return await this.pages(async (NextToken) => {
      const { NatGateways = [], ...answer } = await awsCall('ec2:DescribeNatGateways', () =>
        this.ec2.send(new DescribeNatGatewaysCommand({ Filter: filters, NextToken }), this.options),
      );
      return [NatGateways, answer.NextToken];
    });
  });

  readonly bastionGroup = once(async (): Promise<SecurityGroup> => {
    const { securityGroup: id, networkFault } = this.target;
    if (networkFault !== undefined) throw this.unknown(networkFault);
    const [group] = await this.securityGroups([id]).catch((error: unknown) => {
      throw this.gone(error, 'bastion-group', id);
    });
    if (group === undefined) throw this.absent('bastion-group', `There is no ${id}`);
    return group;
  });

  async securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]> {
    if (ids.length === 0) return [];
    const { SecurityGroups = [] } = await awsCall('ec2:DescribeSecurityGroups', () =>
      this.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [...ids] }), this.options),
    );
    return SecurityGroups;
  }

  async subnetsById(ids: readonly string[]): Promise<readonly Subnet[]> {
    if (ids.length === 0) return [];
    const { Subnets = [] } = await awsCall('ec2:DescribeSubnets', () =>
      this.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...ids] }), this.options),
    );
    return Subnets;
  }

  private get options() {
    return { abortSignal: this.signal };
  }

  private async inVpc() {
    return [{ Name: 'vpc-id', Values: [await this.vpcId()] }];
  }

  private async pages<T>(page: (token: string | undefined) => Promise<[T[], string | undefined]>): Promise<T[]> {
    const all: T[] = [];
    let token: string | undefined;
    do {
      const [items, next] = await page(token);
      all.push(...items);
      token = next;
    } while (token !== undefined && token !== '');
    return all;
  }

  private absent(matterOf: string, what: string): AbsentError {
    return new AbsentError(
      matterOf,
      `${what} in this region and account`,
      `The outputs may be older than the network: ${DEPLOY}, or pass --outputs with a newer file`,
    );
  }

  /** EC2 refuses a whole question for one id that is not there. */
  private gone(error: unknown, matterOf: string, ids: string): unknown {
    const isGone =
      error instanceof AwsCallError && /^Invalid\w+\.?(NotFound|Malformed)/.test(awsErrorName(error) ?? '');
    return isGone ? this.absent(matterOf, `Not all is there of ${ids}`) : error;
  }

  private unknown(fault: NonNullable<DoctorTarget['networkFault']>): Error {
    if (deniedAction(fault) !== undefined) return fault;
    return new AbsentError('subnets', fault.message, fault.remedy, { cause: fault });
  }
}
