import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { Check } from '../../validation/check';
import type {
  InstancesSpec,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from '../contract';
import type { IPlatform } from '../platform';
import { PlatformClaims } from '../platform-claims';
import { AgentResources } from './agent-resource';
import { UnitClaims } from './claims';
import { nginxLayout, runNginx } from './front';
import { runInstances } from './instances';
import type { LocalContext } from './local-context';
import type { LocalPlatformProps } from './local-platform-props';
import { runRedis } from './redis';
import { resolveSettings } from './settings';

const NAME = 'LocalPlatform';

/**
 * Platform that runs nginx, Redis and the instances as processes on the machine that deploys.
 *
 * It uses only Terraform's built-in `terraform_data` resource, so there is no provider to download. The processes
 * outlive Terraform: an agent restarts those that exit or hang, and `destroy` stops them all. The machine needs
 * Node.js, nginx and, for a backplane, redis-server.
 *
 * @see https://developer.hashicorp.com/terraform/language/resources/terraform-data
 *
 * @example
 * const platform = new LocalPlatform(this, "Platform");
 */
export class LocalPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** Folder for everything that runs, as a path from the folder of the synthesized stack. */
  public readonly stateDir: string;
  /** First resource to be created and last to be destroyed. It checks the programs, and stops whatever still runs. */
  public readonly host: TerraformResource;
  /** Last resource to be created. It stops whatever the stack no longer contains. */
  public readonly roster: TerraformResource;

  private readonly claims = new PlatformClaims(this, NAME);
  private readonly context: LocalContext;

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: LocalPlatformProps = {}) {
    super(scope, id);
    const settings = resolveSettings(new Check(this), props);
    const units = new UnitClaims();
    const agent = new AgentResources(this, settings.stateDir, units);
    this.context = { settings, units, agent };
    this.stateDir = settings.stateDir;
    this.host = agent.host;
    this.roster = agent.roster;
    this.traits = {
      name: NAME,
      sharesAddress: true,
      isPublic: !settings.addresses.every(isLoopback),
      seesClientAddresses: true,
      nginxVersion: settings.nginxVersion,
    };
  }

  /** @throws ValidationError for a service that is an image, and for a port that the stack already uses */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    return runInstances(scope, this.claims.check(scope), spec, this.context);
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    return nginxLayout(this.context.settings);
  }

  /** @throws ValidationError for a second front on the same ports */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    return runNginx(scope, this.claims.check(scope), spec, this.context);
  }

  /** @throws ValidationError for a second Redis on the same port */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    return runRedis(scope, this.claims.check(scope), spec, this.context);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
