import type { ApiRequest, ApiResponse } from './aws-api';
import type { DatabaseHost } from './databases';
import type { Faults } from './faults';

/** What CreateDBInstance and ModifyDBInstance asked for and moto forgets. */
type InstanceSettings = Map<string, string>;

const FORGOTTEN = [
  'MonitoringInterval',
  'MonitoringRoleArn',
  'EnablePerformanceInsights',
  'PerformanceInsightsKMSKeyId',
];

/** Looks at RDS calls (form in, XML out): starts and stops the databases, and mends what moto reports wrongly. */
export class Rds {
  private readonly instances = new Map<string, InstanceSettings>();

  constructor(
    private readonly databases: DatabaseHost,
    private readonly faults: () => Faults,
  ) {}

  /** @returns moto's answer, mended */
  async mend(request: ApiRequest, response: ApiResponse): Promise<ApiResponse> {
    const form = new URLSearchParams(request.body.toString());
    const xml = response.body.toString();
    if (response.status < 300) await this.follow(request.region, form, xml);
    const body = Buffer.from(this.mendInstances(request.region, mendClusters(xml, this.faults().databaseStatus)));
    return { ...response, body };
  }

  private async follow(region: string, form: URLSearchParams, xml: string): Promise<void> {
    const id = form.get('DBClusterIdentifier') ?? '';
    const secretArn = element(xml, 'SecretArn');
    switch (form.get('Action') ?? '') {
      case 'CreateDBCluster':
        if (form.get('Engine') !== 'aurora-postgresql') break; // moto's alone
        await this.databases.create({
          id,
          region,
          databaseName: form.get('DatabaseName') ?? undefined,
          masterUsername: form.get('MasterUsername') ?? '',
          masterPassword: form.get('MasterUserPassword') ?? undefined,
          secretArn,
          engineVersion: form.get('EngineVersion') ?? '',
          endpoints: [element(xml, 'Endpoint'), element(xml, 'ReaderEndpoint')].filter((name) => name !== undefined),
        });
        break;
      case 'ModifyDBCluster':
        await this.databases.changePassword(region, id, {
          password: form.get('MasterUserPassword') ?? undefined,
          secretArn,
        });
        break;
      case 'DeleteDBCluster':
        await this.databases.remove(region, id);
        break;
      case 'StopDBCluster':
        await this.databases.stop(region, id);
        break;
      case 'StartDBCluster':
        await this.databases.start(region, id);
        break;
      case 'CreateDBInstance':
      case 'ModifyDBInstance':
        this.rememberInstance(region, form);
        break;
      case 'DescribeDBInstances':
        await this.noteEndpoints(region, xml);
        break;
    }
  }

  private rememberInstance(region: string, form: URLSearchParams): void {
    const key = `${region}/${form.get('DBInstanceIdentifier') ?? ''}`;
    const settings = this.instances.get(key) ?? new Map<string, string>();
    this.instances.set(key, settings);
    for (const name of FORGOTTEN) {
      const value = form.get(name);
      if (value !== null)
        settings.set(name === 'EnablePerformanceInsights' ? 'PerformanceInsightsEnabled' : name, value);
    }
  }

  private async noteEndpoints(region: string, xml: string): Promise<void> {
    for (const [instance] of xml.matchAll(INSTANCE)) {
      const [cluster, endpoint] = [element(instance, 'DBClusterIdentifier'), element(instance, 'Address')];
      if (cluster !== undefined && endpoint !== undefined) {
        await this.databases.addEndpoint(region, cluster, endpoint);
      }
    }
  }

  private mendInstances(region: string, xml: string): string {
    return xml.replaceAll(INSTANCE, (instance) => {
      const settings = this.instances.get(`${region}/${element(instance, 'DBInstanceIdentifier') ?? ''}`);
      return [...(settings ?? [])].reduce((mended, [name, value]) => withElement(mended, name, value), instance);
    });
  }
}

const INSTANCE = /<DBInstance>.*?<\/DBInstance>/gs;

/** A provisioned cluster has no scaling configuration; moto reports an empty one. */
function mendClusters(xml: string, status: string | undefined): string {
  const mended = xml.replaceAll(
    /<ScalingConfigurationInfo>.*?<\/ScalingConfigurationInfo>|<ScalingConfigurationInfo\/>/gs,
    '',
  );
  if (status === undefined) return mended;
  // Of the states that moto tells, this one is the cluster's.
  return mended.replaceAll('<Status>available</Status>', `<Status>${status}</Status>`);
}

function element(xml: string, name: string): string | undefined {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return value === '' ? undefined : value;
}

/** The element with a new value, put in when it is not there. */
function withElement(xml: string, name: string, value: string): string {
  const without = xml.replaceAll(new RegExp(`<${name}>[^<]*</${name}>|<${name}/>`, 'g'), '');
  return without.replace('<DBInstance>', `<DBInstance><${name}>${value}</${name}>`);
}
