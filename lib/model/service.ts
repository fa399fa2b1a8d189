/**
 * Program that the instances of a cluster run.
 *
 * Every instance receives PORT, HOST, INSTANCE_ID, AIWM_ENGINE_PATH and AIWM_HEALTH_PATH in its environment. A
 * backplane adds REDIS_URL, and REDIS_CLUSTER where it is a Redis Cluster. A heartbeat adds AIWM_PING_INTERVAL_MS and
 * AIWM_PING_TIMEOUT_MS. A swarm passes secrets as files, e.g. REDIS_URL_FILE in place of REDIS_URL. AWS adds
 * AIWM_SHUTDOWN_DELAY_MS and AIWM_STOP_GRACE_MS.
 *
 * @example
 * new AiwmCluster(this, "Aiwm", {
 *   platform,
 *   service: AiwmService.command(["node", "dist/main.js"], { workingDirectory: "services/aiwm" }),
 * });
 */
export class AiwmService {
  /**
   * A container image, for platforms that run containers.
   *
   * @param image - image with its tag or digest, e.g. "registry.example/aiwm:1.4.2"
   */
  public static image(image: string): AiwmService {
    return new AiwmService({ image });
  }

  /**
   * A command, for platforms that run processes.
   *
   * @param command - program and its arguments; they are not passed through a shell
   */
  public static command(command: string[], options: CommandOptions = {}): AiwmService {
    return new AiwmService({ command, ...options });
  }

  /**
   * A folder with a Dockerfile, which the platform's engine builds.
   *
   * Any change to its files is a new version of the service, even to files that `.dockerignore` excludes. Keep files
   * that change often in another folder. Changes in `node_modules`, `.git`, `cdktf.out`, `.terraform` and in state
   * files are ignored.
   *
   * @see https://docs.docker.com/reference/dockerfile/
   * @param folder - path of the folder; a relative path starts at the working directory of the app
   */
  public static buildFrom(folder: string, options: BuildOptions = {}): AiwmService {
    return new AiwmService({ buildFolder: folder, dockerfile: options.dockerfile });
  }

  /** Image, for `image`. */
  public readonly imageName?: string;
  /** Program and its arguments, for `command`. */
  public readonly commandLine?: string[];
  /** Working directory of the command, for `command`. */
  public readonly workingDirectory?: string;
  /** Version that the user gave, for `command`. */
  public readonly version?: string;
  /** Folder that is built, for `buildFrom`. */
  public readonly buildFolder?: string;
  /** Dockerfile in that folder, for `buildFrom`. */
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

/** Options of `AiwmService.buildFrom()`. */
export interface BuildOptions {
  /**
   * Path of the Dockerfile inside the folder.
   *
   * @default "Dockerfile"
   */
  readonly dockerfile?: string;
}

/** Options of `AiwmService.command()`. */
export interface CommandOptions {
  /**
   * Working directory of the command. A relative path starts at the working directory of the app.
   *
   * @default - the working directory of the app
   */
  readonly workingDirectory?: string;
  /**
   * Version of the service: any text on one line.
   *
   * A new version restarts the instances one after another. A change to the files alone is not detected.
   *
   * @default - none
   */
  readonly version?: string;
}
