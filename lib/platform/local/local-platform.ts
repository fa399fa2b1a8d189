import { AssetType, dependable, Fn, Lazy, TerraformAsset, TerraformStack, Token } from 'cdktf';
import type { ITerraformDependable, TerraformResource, TerraformResourceLifecycle } from 'cdktf';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import { Check, show } from '../../validation/check';
import { resourceName } from '../../terraform/names';
import { PlatformClaims } from '../platform-claims';
import { Secret } from '../../model/secret';
import { ENVIRONMENT_NAME, FILE_PATH, IP_ADDRESS, LINE } from '../../validation/text-rules';
import { TlsKind } from '../../model/tls-certificate';
import type { TlsCertificate } from '../../model/tls-certificate';
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
import { commonEnvironment, secretEnvironment } from '../instance-environment';
import { renderSize } from '../../validation/size';
import type { IPlatform } from '../platform';
import { agentFile, bringUp, checkPrograms, tearDown } from './agent-command';
import { PortLedger } from './claims';
import { inExpression } from '../../terraform/expressions';
import { fromStackFolder } from '../../terraform/stack-paths';
import { claimStateFolder } from './state-folders';
import { TerraformData } from '../../terraform/terraform-data';

/** Instances and Redis are for the front alone, so they never listen elsewhere. */
const LOOPBACK = '127.0.0.1';

/** Linux takes 131072 bytes in a variable; some are left for values that are known only at apply. */
const MAX_SPECIFICATION_BYTES = 120_000;

/** Kind of the secret that is the URL of a Redis on this platform. */
const REDIS_SECRET = 'redis';

/** Properties of a `LocalPlatform`. */
export interface LocalPlatformProps {
  /**
   * The folder that holds all that runs: logs, configurations, generated secrets. A relative one starts at the
   * folder in which the app runs. Destroy before you change it.
   *
   * @default ".aiwm/<stack>-<id>", in lower case
   */
  readonly stateDir?: string;
  /**
   * The address that the front listens on. Anything but a loopback address can be reached by other machines.
   *
   * @default "127.0.0.1"
   */
  readonly address?: string;
  /**
   * The port of the front for TLS.
   *
   * @default 8443
   */
  readonly httpsPort?: number;
  /**
   * The port of the front for plain HTTP.
   *
   * @default 8080
   */
  readonly httpPort?: number;
  /**
   * The port of Redis.
   *
   * @default 6379
   */
  readonly redisPort?: number;
  /**
   * The nginx to run: a name on the PATH, or a path.
   *
   * @default "nginx"
   */
  readonly nginx?: string;
  /**
   * The version of that nginx.
   *
   * @default "1.22"
   */
  readonly nginxVersion?: string;
  /**
   * The Redis to run: a name on the PATH, or a path.
   *
   * @default - "redis-server", or "valkey-server" for Valkey
   */
  readonly redisServer?: string;
}

/**
 * This machine, by Terraform's built-in resource alone: there is no provider to download.
 *
 * nginx, Redis and the instances run as processes that outlive Terraform. An agent watches them and starts again
 * what dies or hangs; `destroy` ends them all. It needs Node.js, nginx and, with a backplane, redis-server.
 *
 * @example
 * const platform = new LocalPlatform(this, "Platform");
 */
export class LocalPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The folder that holds all that runs, as it is reached from the folder of the synthesized stack. */
  public readonly stateDir: string;
  /** Created first, after a look for the programs; destroyed last: ends whatever still runs. */
  public readonly host: TerraformResource;
  /** Created last: ends what the stack no longer names. */
  public readonly roster: TerraformResource;

  private readonly check = new Check(this);
  private readonly agent: TerraformAsset;
  private readonly address: string;
  private readonly httpsPort: number;
  private readonly httpPort: number;
  private readonly redisPort: number;
  private readonly ports = new PortLedger();
  private readonly units = new Map<string, IConstruct>();
  private readonly programs = new Set<string>();

  private readonly claims = new PlatformClaims(this, 'LocalPlatform');

  /** @throws ValidationError naming the property that is wrong */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: LocalPlatformProps = {},
  ) {
    super(scope, id);
    const { check } = this;
    this.address = check.text('address', props.address ?? LOOPBACK, IP_ADDRESS);
    this.httpsPort = check.integer('httpsPort', props.httpsPort ?? 8443, 1, 65_535);
    this.httpPort = check.integer('httpPort', props.httpPort ?? 8080, 1, 65_535);
    this.redisPort = check.integer('redisPort', props.redisPort ?? 6379, 1, 65_535);
    this.traits = {
      name: 'LocalPlatform',
      sharesAddress: true,
      isPublic: !isLoopback(this.address),
      seesClientAddresses: true,
      nginxVersion: props.nginxVersion ?? '1.22',
    };
    const stateDir =
      props.stateDir ?? `.aiwm/${TerraformStack.of(this).node.id}-${resourceName(this)}`;
    this.stateDir = fromStackFolder(this, check.text('stateDir', stateDir, FILE_PATH));
    claimStateFolder(check, stateDir, this.stateDir);
    this.agent = new TerraformAsset(this, 'Agent', { path: agentFile(), type: AssetType.FILE });
    this.host = new TerraformData(this, 'Host', {
      input: { state_dir: this.stateDir },
      provisioners: [
        checkPrograms(
          this.agent.path,
          this.stateDir,
          Lazy.stringValue({ produce: () => JSON.stringify({ executables: [...this.programs] }) }),
        ),
        tearDown(),
      ],
    });
    this.roster = this.createResource(this, 'Roster', 'roster', {
      units: Lazy.anyValue({ produce: () => [...this.units.keys()] }),
    });
  }

  /** @throws ValidationError for an image, and for a port that is in use in this stack */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check = this.claims.check(scope);
    const command = this.command(check, spec);
    if (spec.memoryBytes !== undefined || spec.cpu !== undefined) {
      check.warn('limits: LocalPlatform does not limit memory and processors; other platforms do.');
    }
    let previous = spec.dependsOn;
    for (const slot of spec.slots) {
      this.enlist(check, slot.name, [{ port: slot.port, purpose: slot.name }]);
      const resource = this.createResource(
        scope,
        slot.id,
        'instance',
        {
          unit: slot.name,
          ...command,
          address: LOOPBACK,
          port: slot.port,
          environment: { ...commonEnvironment(spec), ...slot.environment, HOST: LOOPBACK },
          secrets: this.secrets(check, secretEnvironment(spec)),
          health: { ...spec.health },
          stopGraceMs: spec.stopGraceMs,
        },
        { dependsOn: previous },
      );
      // Each after the last, so that a version that does not get healthy stops at the first instance.
      previous = [resource];
    }
    return { addresses: spec.slots.map(() => LOOPBACK), dependables: previous };
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    const listen = (port: number): string =>
      this.address.includes(':') ? `[${this.address}]:${port}` : `${this.address}:${port}`;
    // Relative to nginx's prefix or to the configuration's folder, so the same text works on every machine.
    return {
      pidFile: 'nginx.pid',
      errorLog: 'logs/error.log',
      accessLog: 'logs/access.log',
      tempDirectory: 'temp',
      certificate: 'tls/certificate.pem',
      certificateKey: 'tls/key.pem',
      httpsListen: [listen(this.httpsPort)],
      httpListen: [listen(this.httpPort)],
      publicHttpsPort: this.httpsPort,
      publicHttpPort: this.httpPort,
      statusListen: 'unix:status.sock',
      releaseFile: 'release.conf',
    };
  }

  /** @throws ValidationError for a second front on the same ports */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    const check = this.claims.check(scope);
    const ports = [
      ...(spec.certificate === undefined
        ? []
        : [{ port: this.httpsPort, purpose: `TLS of the front ${spec.name}` }]),
      { port: this.httpPort, purpose: `plain HTTP of the front ${spec.name}` },
    ];
    this.enlist(check, spec.name, ports);
    const resource = this.createResource(
      scope,
      'Nginx',
      'nginx',
      {
        unit: spec.name,
        executable: this.executable('nginx', this.props.nginx ?? 'nginx'),
        configuration: spec.configuration,
        certificate: this.certificate(check, spec),
        listen: ports.map(({ port }) => ({ address: this.address, port })),
      },
      {
        dependsOn: spec.dependsOn,
        triggers: this.certificateFingerprints(spec.certificate),
        precondition: this.certificateExists(check, spec.name, spec.certificate),
      },
    );
    return { dependables: [resource] };
  }

  /** @throws ValidationError for a second Redis on the same port */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const check = this.claims.check(scope);
    this.enlist(check, spec.name, [{ port: this.redisPort, purpose: `the Redis ${spec.name}` }]);
    const { hardBytes, softBytes, softSeconds } = spec.outputBuffer;
    const resource = this.createResource(scope, 'Redis', 'redis', {
      unit: spec.name,
      executable: this.executable('redisServer', this.props.redisServer ?? `${spec.engine}-server`),
      address: LOOPBACK,
      port: this.redisPort,
      maxMemory: `${renderSize(spec.maxMemoryBytes)}b`,
      outputBufferLimit: `${renderSize(hardBytes)}b ${renderSize(softBytes)}b ${softSeconds}`,
      password:
        spec.password === undefined
          ? { kind: 'generated' }
          : this.secret(check, 'password', spec.password),
    });
    return {
      url: Secret.ofPlatform(REDIS_SECRET, spec.name),
      dependables: [resource],
    };
  }

  /**
   * Something that the agent brings to its specification. It is replaced when that changes, and always created
   * before the old one is destroyed: Terraform runs a command for the new one, and none for the old.
   */
  private createResource(
    scope: Construct,
    id: string,
    verb: string,
    specification: Record<string, unknown>,
    {
      dependsOn = [],
      triggers = {},
      precondition,
    }: {
      dependsOn?: ITerraformDependable[];
      triggers?: Record<string, unknown>;
      precondition?: TerraformResourceLifecycle['precondition'];
    } = {},
  ): TerraformResource {
    this.refuseLargeSpecification(scope, specification);
    const resource = new TerraformData(scope, id, {
      triggersReplace: { specification, ...triggers },
      dependsOn: [this.host, ...dependsOn],
      lifecycle: { createBeforeDestroy: true, precondition },
      provisioners: [bringUp(this.agent.path, verb, this.stateDir)],
    });
    if (verb !== 'roster') {
      this.roster.dependsOn?.push(dependable(resource));
    }
    return resource;
  }

  /** The agent gets it in one variable of its environment, and Linux takes no longer one. */
  private refuseLargeSpecification(scope: Construct, specification: Record<string, unknown>): void {
    const bytes = Buffer.byteLength(JSON.stringify(specification));
    if (bytes > MAX_SPECIFICATION_BYTES) {
      new Check(scope).refuse('platform', {
        problem: `LocalPlatform would have to hand over ${bytes} bytes, and can hand over ${MAX_SPECIFICATION_BYTES}`,
        remedy: 'Shorten the environment, or the lines in directives.',
      });
    }
  }

  private enlist(
    check: Check,
    unit: string,
    ports: readonly { readonly port: number; readonly purpose: string }[],
  ): void {
    if (this.units.has(unit)) {
      check.refuse('id', {
        problem: `the name "${unit}" is that of ${this.units.get(unit)!.node.path} as well`,
        allowed: 'other ids',
      });
    }
    this.units.set(unit, check.scope);
    ports.forEach(({ port, purpose }) => this.ports.claim(check, port, purpose));
  }

  private command(check: Check, { service }: InstancesSpec): Record<string, unknown> {
    const { commandLine, workingDirectory, version } = service;
    if (commandLine === undefined) {
      check.refuse('service', {
        problem: `LocalPlatform runs no containers, and the service is the image ${show(service.imageName)}`,
        allowed:
          'AiwmService.command(["node", "server.js"], { workingDirectory: "services/aiwm" })',
      });
    }
    if (commandLine.length === 0) {
      check.refuse('service', {
        problem: 'the command has no words',
        allowed: 'a program and its arguments: ["node", "server.js"]',
      });
    }
    commandLine.forEach((word, index) => check.text(`service.command[${index}]`, word, LINE));
    return {
      command: commandLine,
      workingDirectory: fromStackFolder(
        this,
        check.text('service.workingDirectory', workingDirectory ?? '.', FILE_PATH),
      ),
      ...(version === undefined ? {} : { revision: check.text('service.version', version, LINE) }),
    };
  }

  private secrets(check: Check, secrets: Record<string, Secret>): Record<string, object> {
    return Object.fromEntries(
      Object.entries(secrets).map(([name, secret]) => [
        name,
        this.secret(check, `secrets.${name}`, secret),
      ]),
    );
  }

  private secret(check: Check, property: string, { kind, reference }: Secret): object {
    switch (kind) {
      case 'file':
        return { kind, path: fromStackFolder(this, check.text(property, reference, FILE_PATH)) };
      case 'environment':
        return { kind, name: check.text(property, reference, ENVIRONMENT_NAME) };
      case REDIS_SECRET:
        return { kind, unit: reference };
      default:
        return check.refuse(property, {
          problem: `LocalPlatform cannot read a secret of the kind ${show(kind)}`,
          allowed: 'Secret.fromFile(…) or Secret.fromEnvironment(…)',
        });
    }
  }

  private certificate(check: Check, { certificate, serverNames }: NginxSpec): object | null {
    if (certificate === undefined) {
      return null;
    }
    if (certificate.kind === TlsKind.SELF_SIGNED) {
      return { kind: 'self-signed', names: [...new Set([...serverNames, 'localhost'])] };
    }
    return {
      kind: 'files',
      certificate: this.file(check, 'tls.certificateFile', certificate.certificateFile),
      key: this.file(check, 'tls.keyFile', certificate.keyFile),
    };
  }

  /** Terraform reads the files at plan, so that a renewed certificate is a change. */
  private certificateFingerprints(certificate?: TlsCertificate): Record<string, string> {
    return certificate?.kind === TlsKind.FILES
      ? {
          certificate_sha256: this.fingerprint(certificate.certificateFile!),
          key_sha256: this.fingerprint(certificate.keyFile!),
        }
      : {};
  }

  /** Empty for a file that is not there: that must not keep `destroy` from working. */
  private fingerprint(file: string): string {
    const path = fromStackFolder(this, file);
    return Token.isUnresolved(path)
      ? Token.asString(Fn.try([Fn.filesha256(path), '']))
      : `\${try(filesha256(${inExpression(path)}), "")}`;
  }

  /** A missing file fails the plan, before anything is touched; at destroy Terraform does not look. */
  private certificateExists(
    check: Check,
    unit: string,
    certificate?: TlsCertificate,
  ): TerraformResourceLifecycle['precondition'] {
    if (certificate?.kind !== TlsKind.FILES) {
      return undefined;
    }
    const files = [
      {
        what: 'certificate',
        path: this.file(check, 'tls.certificateFile', certificate.certificateFile),
      },
      { what: 'key', path: this.file(check, 'tls.keyFile', certificate.keyFile) },
    ];
    return files
      .filter(({ path }) => !Token.isUnresolved(path))
      .map(({ what, path }) => ({
        // Terraform wants a condition to refer to something of the stack.
        condition: `\${path.module != "" && fileexists(${inExpression(path)})}`,
        errorMessage: `${unit}: the ${what} ${path} does not exist. Give the path of a PEM file that this user can read.`,
      }));
  }

  private file(check: Check, property: string, file: string | undefined): string {
    return fromStackFolder(this, check.text(property, file ?? '', FILE_PATH));
  }

  /** A path is reached from the stack's folder like any other; a bare name is looked up on the PATH. */
  private executable(property: string, program: string): string {
    this.check.text(property, program, FILE_PATH);
    const found = program.includes('/') ? fromStackFolder(this, program) : program;
    this.programs.add(found);
    return found;
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
