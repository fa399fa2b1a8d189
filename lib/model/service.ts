/**
 * What an instance runs. Every instance finds its contract in its environment: PORT, HOST, INSTANCE_ID,
 * AIWM_ENGINE_PATH, AIWM_HEALTH_PATH, with a backplane REDIS_URL and where that is a cluster REDIS_CLUSTER, and
 * with a heartbeat AIWM_PING_INTERVAL_MS and AIWM_PING_TIMEOUT_MS.
 *
 * @example
 * new AiwmCluster(this, "Aiwm", {
 *   platform,
 *   service: AiwmService.command(["node", "dist/main.js"], { workingDirectory: "services/aiwm" }),
 * });
 */
export class AiwmService {
  /** A container image, e.g. "registry.example/aiwm:1.4.2". For platforms that run containers. */
  public static image(image: string): AiwmService {
    return new AiwmService({ image });
  }

  /** A command, as a list of its words; no shell is involved. For platforms that run processes. */
  public static command(command: string[], options: CommandOptions = {}): AiwmService {
    return new AiwmService({ command, ...options });
  }

  /**
   * A folder with a Dockerfile, built by the platform's engine. A change of its files is a new version, but for those
   * in `node_modules`, `.git`, `cdktf.out` and `.terraform`, and state files. What `.dockerignore` leaves out of the
   * build counts all the same: keep what changes all the time in another folder.
   *
   * @param folder - a relative one starts at the folder in which the app runs
   */
  public static buildFrom(folder: string, options: BuildOptions = {}): AiwmService {
    return new AiwmService({ buildFolder: folder, dockerfile: options.dockerfile });
  }

  /** The image, for `image`. */
  public readonly imageName?: string;
  /** The words of the command, for `command`. */
  public readonly commandLine?: string[];
  /** Where the command runs, for `command`. */
  public readonly workingDirectory?: string;
  /** What is run, as the user names it. */
  public readonly version?: string;

  /** The folder that is built, for `buildFrom`. */
  public readonly buildFolder?: string;
  /** The Dockerfile in it, for `buildFrom`. */
  public readonly dockerfile?: string;

  private constructor(
    what: CommandOptions &
      BuildOptions & {
        readonly image?: string;
        readonly command?: string[];
        readonly buildFolder?: string;
      },
  ) {
    this.imageName = what.image;
    this.commandLine = what.command;
    this.workingDirectory = what.workingDirectory;
    this.version = what.version;
    this.buildFolder = what.buildFolder;
    this.dockerfile = what.dockerfile;
  }
}

/** What goes with `AiwmService.buildFrom`. */
export interface BuildOptions {
  /**
   * The Dockerfile, inside of the folder.
   *
   * @default "Dockerfile"
   */
  readonly dockerfile?: string;
}

/** What goes with `AiwmService.command`. */
export interface CommandOptions {
  /**
   * The folder in which the command runs. A relative one starts at the folder in which the app runs.
   *
   * @default - the folder in which the app runs
   */
  readonly workingDirectory?: string;
  /**
   * Names what is run. A change rolls the instances, one after another; a change of the files alone is not seen.
   *
   * @default - no name
   */
  readonly version?: string;
}
