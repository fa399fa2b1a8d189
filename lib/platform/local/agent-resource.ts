import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { AssetType, dependable, Lazy, TerraformAsset } from 'cdktf';
import type {
  ITerraformDependable,
  LocalExecProvisioner,
  TerraformResource,
  TerraformResourceLifecycle,
} from 'cdktf';
import type { Construct } from 'constructs';
import { TerraformData } from '../../terraform/terraform-data';
import type { Check } from '../../validation/check';
import { stateFoldersOf } from './claims';
import type { UnitClaims } from './claims';

/** Linux limits a variable to 131072 bytes; the rest is room for values that are known only at apply. */
const MAX_SPECIFICATION_BYTES = 120_000;

/**
 * Specification of a unit in the form that the agent reads.
 *
 * @internal
 */
export type Specification = Readonly<Record<string, unknown>>;

/**
 * Relations of a unit's resource to the rest of the stack.
 *
 * @internal
 */
export interface UnitOptions {
  readonly dependsOn?: ITerraformDependable[];
  /** Values beside the specification whose change makes the agent bring up the unit again. */
  readonly triggers?: Record<string, unknown>;
  readonly precondition?: TerraformResourceLifecycle['precondition'];
}

/**
 * Agent of one platform, with the resources by which Terraform calls it.
 *
 * @internal
 */
export class AgentResources {
  /** Created first and destroyed last: checks the programs, and ends whatever still runs. */
  public readonly host: TerraformResource;
  /** Created last: ends what the stack no longer names. */
  public readonly roster: TerraformResource;

  private readonly agent: TerraformAsset;
  private readonly programs = new Set<string>();

  /** @param stateDir - path from the stack's folder */
  public constructor(
    scope: Construct,
    private readonly stateDir: string,
    units: UnitClaims,
  ) {
    this.agent = new TerraformAsset(scope, 'Agent', { path: agentFile(), type: AssetType.FILE });
    this.host = new TerraformData(scope, 'Host', {
      input: { state_dir: stateDir },
      provisioners: [
        prepare(
          this.agent.path,
          stateDir,
          Lazy.stringValue({
            produce: () =>
              JSON.stringify({ executables: [...this.programs], folders: stateFoldersOf(scope) }),
          }),
        ),
        tearDown(),
      ],
    });
    this.roster = this.create(scope, 'Roster', 'roster', {
      units: Lazy.anyValue({ produce: () => units.names }),
      // A platform that is taken out of the app changes this list, so that the agent of another one reports what is left.
      folders: Lazy.anyValue({ produce: () => stateFoldersOf(scope) }),
    });
  }

  /** Makes the deployment fail before anything is started when a program is missing. */
  public requireProgram(program: string): void {
    this.programs.add(program);
  }

  /** Resource for a unit that the agent brings to its specification. */
  public bringUp(
    scope: Construct,
    id: string,
    verb: 'instance' | 'nginx' | 'redis',
    specification: Specification,
    options?: UnitOptions,
  ): TerraformResource {
    const resource = this.create(scope, id, verb, specification, options);
    this.roster.dependsOn?.push(dependable(resource));
    return resource;
  }

  /**
   * A changed specification replaces the resource, and the new one is created before the old one is destroyed.
   * Terraform runs a command for the new one and none for the old.
   */
  private create(
    scope: Construct,
    id: string,
    verb: string,
    specification: Specification,
    { dependsOn = [], triggers = {}, precondition }: UnitOptions = {},
  ): TerraformResource {
    return new TerraformData(scope, id, {
      triggersReplace: { specification, ...triggers },
      dependsOn: [this.host, ...dependsOn],
      lifecycle: { createBeforeDestroy: true, precondition },
      provisioners: [bring(this.agent.path, verb, this.stateDir)],
    });
  }
}

/**
 * Checks that a specification fits into the variable in which the agent receives it.
 *
 * @internal
 * @throws ValidationError when it is too large
 */
export function checkSize(check: Check, specification: Specification): void {
  const bytes = Buffer.byteLength(JSON.stringify(specification));
  if (bytes > MAX_SPECIFICATION_BYTES) {
    check.refuse('platform', {
      problem: `LocalPlatform would have to pass ${bytes} bytes to its agent, but can pass only ${MAX_SPECIFICATION_BYTES}`,
      remedy: 'Shorten the environment, or the lines in directives.',
    });
  }
}

/** Path of the bundled agent. It is the same from the sources and from the compiled files. */
function agentFile(): string {
  const file = path.resolve(__dirname, '../../../build/local-agent/agent.js');
  if (!existsSync(file)) {
    throw new Error(`${file} is missing. In a checkout, run: npm run build:agent`);
  }
  return file;
}

/** Fails when a program is missing, before anything is started. */
function prepare(agent: string, stateDir: string, spec: string): LocalExecProvisioner {
  return {
    type: 'local-exec',
    command: 'node "$AIWM_AGENT" prepare',
    environment: { AIWM_AGENT: agent, AIWM_STATE: stateDir, AIWM_SPEC: spec },
  };
}

/**
 * Has the agent bring a unit to its specification. It reads the specification from the resource's own trigger, so that
 * the plan shows it once and Terraform compares exactly what the agent receives.
 */
function bring(agent: string, verb: string, stateDir: string): LocalExecProvisioner {
  return {
    type: 'local-exec',
    command: `node "$AIWM_AGENT" ${verb}`,
    environment: {
      AIWM_AGENT: agent,
      AIWM_STATE: stateDir,
      AIWM_SPEC: '${jsonencode(self.triggers_replace.specification)}',
    },
  };
}

/**
 * Ends everything below the state folder. It runs the agent's copy in that folder, since nothing else is certain to
 * exist at destroy.
 */
function tearDown(): LocalExecProvisioner {
  return {
    type: 'local-exec',
    when: 'destroy',
    command: 'if [ -f "$AIWM_STATE/agent.js" ]; then node "$AIWM_STATE/agent.js" destroy; fi',
    environment: { AIWM_STATE: '${self.output.state_dir}' },
  };
}
