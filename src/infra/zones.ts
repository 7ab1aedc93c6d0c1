import { DataAwsAvailabilityZone } from '@cdktf/provider-aws/lib/data-aws-availability-zone';
import { DataAwsAvailabilityZones } from '@cdktf/provider-aws/lib/data-aws-availability-zones';
import { type IResolvable, type ITerraformIterator, TerraformIterator, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { choose } from './expressions';
import { eachKey } from './instances';

/** Number of a zone's subnets within their tier. Tokyo has no b for most accounts, and its order is a, c, d. */
const ZONE_NUMBERS = { a: 0, c: 1, d: 2, b: 3, e: 4, f: 5 };

/** What is made once for each zone goes through its names, or through its details. */
export interface ZoneSet {
  readonly names: ITerraformIterator;
  readonly details: DataAwsAvailabilityZone;
}

/** The availability zones of the region. */
export class Zones extends Construct {
  readonly all: ZoneSet;
  /** By the letter of a zone. */
  readonly numbers: TerraformLocal;
  private readonly available: DataAwsAvailabilityZones;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.available = new DataAwsAvailabilityZones(this, 'zones.az', {
      // Local zones that the account has opted in to have no NAT gateways and no letters.
      filter: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    });
    this.all = this.zoneSet('az', this.available.names);
    this.numbers = new TerraformLocal(this, 'local.zone_numbers', ZONE_NUMBERS);
  }

  /** All zones, or none. */
  allIf(condition: IResolvable, name: string): ZoneSet {
    return this.zoneSet(name, Token.asList(choose(condition, this.available.names, [])));
  }

  private zoneSet(name: string, zones: string[]): ZoneSet {
    const names = TerraformIterator.fromList(zones);
    return { names, details: new DataAwsAvailabilityZone(this, `zone.${name}`, { forEach: names, name: eachKey }) };
  }
}
