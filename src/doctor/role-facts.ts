import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type Role,
} from '@aws-sdk/client-iam';
import { type AwsAccess, configuration } from '../aws/clients';
import { awsCall, awsErrorName } from '../aws/errors';
import { lastPart } from '../aws/task';
import { AbsentError, DEPLOY } from './check';
import { oncePer } from './once';
import { type Decision, decide, least, parsePolicy, type PolicyDocument } from './policy-document';
import { simulate } from './simulation';

/** What IAM says about roles, by their ARNs. */
export class RoleFacts {
  private readonly iam: IAMClient;

  constructor(
    access: AwsAccess,
    private readonly signal: AbortSignal,
  ) {
    this.iam = new IAMClient(configuration(access));
  }

  /** Undefined when there is none. */
  readonly role = oncePer(async (arn): Promise<Role | undefined> => {
    try {
      const get = new GetRoleCommand({ RoleName: lastPart(arn) });
      return (await awsCall('iam:GetRole', () => this.iam.send(get, this.options))).Role;
    } catch (error) {
      if (awsErrorName(error) === 'NoSuchEntityException') return undefined;
      throw error;
    }
  });

  /**
   * What a role may do: by IAM's own simulation where the caller may ask for it, else by reading its policies, which
   * says nothing about those of the organization.
   */
  async decisions(arn: string, actions: readonly string[], resource?: string): Promise<ReadonlyMap<string, Decision>> {
    const simulated = await this.simulated(arn, actions, resource).catch((error: unknown) => {
      this.signal.throwIfAborted();
      if (awsErrorName(error) === undefined) throw error;
      return undefined;
    });
    if (simulated !== undefined) return simulated;
    const { identity, boundary } = await this.policies(arn);
    return new Map(
      actions.map((action) => {
        const limit = boundary === undefined ? 'allowed' : decide([boundary], action, resource);
        return [action, least([decide(identity, action, resource), limit])];
      }),
    );
  }

  /** IAM's own answer, for a user or a role. @throws AwsCallError where the caller may not ask */
  simulated(arn: string, actions: readonly string[], resource?: string): Promise<ReadonlyMap<string, Decision>> {
    return simulate(this.iam, { arn, actions, resource }, this.signal);
  }

  private readonly policies = oncePer(async (arn) => {
    const RoleName = lastPart(arn);
    const role = await this.role(arn);
    if (role === undefined) throw new AbsentError('role', `There is no role ${arn}`, DEPLOY);
    const [inline, attached] = await Promise.all([this.inline(RoleName), this.attached(RoleName)]);
    const boundaryArn = role.PermissionsBoundary?.PermissionsBoundaryArn;
    const boundary = boundaryArn === undefined ? undefined : await this.managed(boundaryArn);
    return { identity: [...inline, ...attached], boundary };
  });

  private async inline(RoleName: string): Promise<readonly PolicyDocument[]> {
    const names = await awsCall('iam:ListRolePolicies', async () => {
      const found: string[] = [];
      for await (const { PolicyNames = [] } of paginateListRolePolicies(this.paging, { RoleName }, this.options)) {
        found.push(...PolicyNames);
      }
      return found;
    });
    return await Promise.all(
      names.map(async (PolicyName) => {
        const { PolicyDocument: text = '' } = await awsCall('iam:GetRolePolicy', () =>
          this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }), this.options),
        );
        return parsePolicy(text);
      }),
    );
  }

  private async attached(RoleName: string): Promise<readonly PolicyDocument[]> {
    const arns = await awsCall('iam:ListAttachedRolePolicies', async () => {
      const found: string[] = [];
      for await (const page of paginateListAttachedRolePolicies(this.paging, { RoleName }, this.options)) {
        for (const { PolicyArn } of page.AttachedPolicies ?? []) if (PolicyArn !== undefined) found.push(PolicyArn);
      }
      return found;
    });
    return await Promise.all(arns.map((arn) => this.managed(arn)));
  }

  private async managed(PolicyArn: string): Promise<PolicyDocument> {
    const { Policy } = await awsCall('iam:GetPolicy', () =>
      this.iam.send(new GetPolicyCommand({ PolicyArn }), this.options),
    );
    const { PolicyVersion } = await awsCall('iam:GetPolicyVersion', () =>
      this.iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }), this.options),
    );
    return parsePolicy(PolicyVersion?.Document ?? '');
  }

  private get paging() {
    return { client: this.iam };
  }

  private get options() {
    return { abortSignal: this.signal };
  }
}
