import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteRouteCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  type IpPermission,
  ModifyVpcAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import {
  type ContainerDefinition,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  type ExecuteCommandConfiguration,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  UpdateClusterCommand,
} from '@aws-sdk/client-ecs';
import {
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { DoctorTarget } from '../../../src/doctor/diagnose';

type Undo = () => Promise<unknown>;

/** Breaks a deployed stack by plain calls, each of which says how to undo it. */
export class Saboteur {
  readonly ec2 = new EC2Client({});
  readonly ecs = new ECSClient({});
  readonly iam = new IAMClient({});

  constructor(private readonly target: DoctorTarget) {}

  /** The next revision of the task definition, with changes. */
  async redefine(
    container: Partial<ContainerDefinition>,
    definition: Partial<RegisterTaskDefinitionCommandInput> = {},
  ): Promise<Undo> {
    const { taskDefinition: current } = await this.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: this.target.taskDefinition }),
    );
    const { family, networkMode, requiresCompatibilities, cpu, memory, taskRoleArn, executionRoleArn } = current ?? {};
    const [bastion] = current?.containerDefinitions ?? [];
    const before = { family, networkMode, requiresCompatibilities, cpu, memory, taskRoleArn, executionRoleArn };
    const register = (changes: Partial<RegisterTaskDefinitionCommandInput>): Promise<unknown> =>
      this.ecs.send(
        new RegisterTaskDefinitionCommand({ ...before, family, containerDefinitions: [bastion ?? {}], ...changes }),
      );
    await register({ containerDefinitions: [{ ...bastion, ...container }], ...definition });
    // moto takes a family for its last revision, deregistered or not.
    return () => register({});
  }

  /** The container's variables with changes. */
  async variables(changes: Readonly<Record<string, string>>): Promise<Undo> {
    const { taskDefinition } = await this.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: this.target.taskDefinition }),
    );
    const environment = taskDefinition?.containerDefinitions?.[0]?.environment ?? [];
    const changed = Object.entries(changes).map(([name, value]) => ({ name, value }));
    return await this.redefine({
      environment: [...environment.filter(({ name = '' }) => !Object.hasOwn(changes, name)), ...changed],
    });
  }

  async sessions(configuration: ExecuteCommandConfiguration): Promise<Undo> {
    const { cluster } = this.target;
    const set = (executeCommandConfiguration: ExecuteCommandConfiguration): Promise<unknown> =>
      this.ecs.send(new UpdateClusterCommand({ cluster, configuration: { executeCommandConfiguration } }));
    await set(configuration);
    return () => set({ logging: 'DEFAULT' });
  }

  async service(enableExecuteCommand: boolean): Promise<Undo> {
    const { cluster, serviceName, taskDefinition, subnets, securityGroup } = this.target;
    await this.ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName,
        taskDefinition,
        enableExecuteCommand,
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: [...subnets], securityGroups: [securityGroup] } },
      }),
    );
    return () => this.ecs.send(new DeleteServiceCommand({ cluster, service: serviceName, force: true }));
  }

  /** An inline policy of a role in the place of the one it has; undefined: none. */
  async policy(role: string, name: string, statement: object | undefined): Promise<Undo> {
    const of = { RoleName: `aurora-bg-bastion-${role}-role`, PolicyName: `aurora-bg-bastion-${name}-policy` };
    const { PolicyDocument: before = '' } = await this.iam.send(new GetRolePolicyCommand(of));
    const put = (PolicyDocument: string): Promise<unknown> =>
      this.iam.send(new PutRolePolicyCommand({ ...of, PolicyDocument }));
    if (statement === undefined) await this.iam.send(new DeleteRolePolicyCommand(of));
    else await put(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
    return () => put(decodeURIComponent(before));
  }

  /** Another service in a role's trust policy. */
  async trust(role: string, service: string): Promise<Undo> {
    const RoleName = `aurora-bg-bastion-${role}-role`;
    const { Role } = await this.iam.send(new GetRoleCommand({ RoleName }));
    const put = (PolicyDocument: string): Promise<unknown> =>
      this.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    const before = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    await put(before.replace('ecs-tasks.amazonaws.com', service));
    return () => put(before);
  }

  /** Takes all rules of one direction away from a group, and puts others in their place. */
  async rules(name: string, direction: 'ingress' | 'egress', next: IpPermission[] = []): Promise<Undo> {
    const find = { Filters: [{ Name: 'group-name', Values: [name] }] };
    const { SecurityGroups: [group] = [] } = await this.ec2.send(new DescribeSecurityGroupsCommand(find));
    const GroupId = group?.GroupId ?? '';
    const before = (direction === 'ingress' ? group?.IpPermissions : group?.IpPermissionsEgress) ?? [];
    const revoke = (IpPermissions: IpPermission[]): Promise<unknown> =>
      direction === 'ingress'
        ? this.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
        : this.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions }));
    const allow = (IpPermissions: IpPermission[]): Promise<unknown> =>
      direction === 'ingress'
        ? this.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
        : this.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions }));
    await revoke(before);
    if (next.length > 0) await allow(next);
    return async () => {
      if (next.length > 0) await revoke(next);
      await allow(before);
    };
  }

  /** Deletes an interface endpoint, or makes it anew with private DNS off. */
  async endpoint(service: string, next: 'deleted' | 'without private DNS'): Promise<Undo> {
    const ServiceName = `com.amazonaws.ap-northeast-1.${service}`;
    const find = { Filters: [{ Name: 'service-name', Values: [ServiceName] }] };
    const { VpcEndpoints = [] } = await this.ec2.send(new DescribeVpcEndpointsCommand(find));
    const before = VpcEndpoints.find(({ State }) => State?.toLowerCase() === 'available');
    const create = async (PrivateDnsEnabled: boolean): Promise<string> => {
      const { VpcEndpoint } = await this.ec2.send(
        new CreateVpcEndpointCommand({
          ServiceName,
          PrivateDnsEnabled,
          VpcId: before?.VpcId,
          VpcEndpointType: 'Interface',
          SubnetIds: before?.SubnetIds,
          SecurityGroupIds: before?.Groups?.map(({ GroupId = '' }) => GroupId),
        }),
      );
      return VpcEndpoint?.VpcEndpointId ?? '';
    };
    const remove = (id: string): Promise<unknown> =>
      this.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    await remove(before?.VpcEndpointId ?? '');
    const id = next === 'deleted' ? undefined : await create(false);
    return async () => {
      if (id !== undefined) await remove(id);
      await create(true);
    };
  }

  /** Takes the default route away from one of the subnets. */
  async defaultRoute(): Promise<Undo> {
    const [subnet = ''] = this.target.subnets;
    const find = { Filters: [{ Name: 'association.subnet-id', Values: [subnet] }] };
    const { RouteTables: [table] = [] } = await this.ec2.send(new DescribeRouteTablesCommand(find));
    const of = { RouteTableId: table?.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' };
    const NatGatewayId = table?.Routes?.find((route) => route.NatGatewayId !== undefined)?.NatGatewayId;
    await this.ec2.send(new DeleteRouteCommand(of));
    return () => this.ec2.send(new CreateRouteCommand({ ...of, NatGatewayId }));
  }

  async dns(attribute: 'EnableDnsSupport' | 'EnableDnsHostnames'): Promise<Undo> {
    const [subnet = ''] = this.target.subnets;
    const { Subnets: [found] = [] } = await this.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet] }));
    const set = (Value: boolean): Promise<unknown> =>
      this.ec2.send(new ModifyVpcAttributeCommand({ VpcId: found?.VpcId, [attribute]: { Value } }));
    await set(false);
    return () => set(true);
  }

  /** A subnet in another VPC. */
  async foreignSubnet(): Promise<{ readonly id: string; readonly undo: Undo }> {
    const { Vpc } = await this.ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const of = { VpcId: Vpc?.VpcId };
    const { Subnet } = await this.ec2.send(new CreateSubnetCommand({ ...of, CidrBlock: '10.9.0.0/24' }));
    const undo = async (): Promise<void> => {
      await this.ec2.send(new DeleteSubnetCommand({ SubnetId: Subnet?.SubnetId }));
      await this.ec2.send(new DeleteVpcCommand(of));
    };
    return { id: Subnet?.SubnetId ?? '', undo };
  }
}
