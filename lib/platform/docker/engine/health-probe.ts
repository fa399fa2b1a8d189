import type { ResolvedHealthCheck } from '../../contract';
import { PAUSE_SECONDS, trySeconds } from './probe-timeout';

/**
 * What the health check of a container leaves behind. Every container has this folder in memory, empty after each
 * start; a tmpfs of our own would come back with other rights after a restart.
 */
const MARKER = '/dev/shm/.aiwm-was-healthy';

/**
 * What asks an instance whether it serves, from inside its container. The image has to have it.
 *
 * @example
 * new DockerPlatform(this, "Platform", { probe: HealthProbe.wget() });
 */
export class HealthProbe {
  /** Node.js, which an image of a Node.js service has. No shell is needed. */
  public static node(): HealthProbe {
    return new HealthProbe((port, health) => ['CMD', 'node', '-e', nodeScript(port, health)]);
  }

  /** `wget`, and a shell: Alpine's images have both. */
  public static wget(): HealthProbe {
    return new HealthProbe((port, health) => [
      'CMD-SHELL',
      shellScript(
        // One try, as this is GNU's, which makes twenty; and past any proxy that the service uses.
        `wget -q -t 1 -Y off -T ${trySeconds(health)} -O /dev/null http://127.0.0.1:${port}${health.path}`,
        health,
      ),
    ]);
  }

  /** `curl`, and a shell. */
  public static curl(): HealthProbe {
    return new HealthProbe((port, health) => [
      'CMD-SHELL',
      shellScript(
        `curl -s --noproxy '*' -m ${trySeconds(health)} -o /dev/null -w '%''{http_code}' http://127.0.0.1:${port}${health.path} | grep -q '^2'`,
        health,
      ),
    ]);
  }

  private constructor(
    private readonly write: (port: number, health: ResolvedHealthCheck) => string[],
  ) {}

  /**
   * The health check's command. Docker marks an unhealthy container and leaves it as it is, so the check itself ends a
   * hung one, and the restart policy starts it again: after one good answer since the start, so that a slow start is no
   * hang, and only when all tries fail.
   *
   * @internal
   */
  public _resolve(port: number, health: ResolvedHealthCheck): string[] {
    return this.write(port, health);
  }
}

function shellScript(ask: string, { failures }: ResolvedHealthCheck): string {
  const tries = Array.from({ length: failures }, () => ask).join(
    ` || { sleep ${PAUSE_SECONDS}; false; } || `,
  );
  return `if ${tries}; then : > ${MARKER}; else [ ! -f ${MARKER} ] || kill -9 -1; exit 1; fi`;
}

function nodeScript(port: number, { path, timeoutMs, failures }: ResolvedHealthCheck): string {
  return [
    `const fs=require('fs'),m='${MARKER}';let left=${failures};`,
    `const bad=()=>{if(--left>0)return setTimeout(ask,${PAUSE_SECONDS * 1000});if(fs.existsSync(m))process.kill(-1,'SIGKILL');process.exit(1)};`,
    `const ask=()=>{let over=false;const once=f=>()=>{if(!over){over=true;f()}};`,
    `const r=require('http').get({host:'127.0.0.1',port:${port},path:'${path}',agent:false},`,
    `a=>{a.resume();if(a.statusCode>=200&&a.statusCode<300){fs.writeFileSync(m,'');process.exit(0)}once(bad)()});`,
    `r.on('error',once(bad));setTimeout(()=>{const f=once(bad);r.destroy();f()},${timeoutMs})};ask()`,
  ].join('');
}
