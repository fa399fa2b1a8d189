import type { ResolvedHealthCheck } from '../../contract';
import { PAUSE_SECONDS, trySeconds } from './probe-timeout';

/**
 * File that the health check creates when the instance is healthy. Every container has this folder in memory, and it is
 * empty after each start. A tmpfs of our own would have other permissions after a restart.
 */
const MARKER = '/dev/shm/.aiwm-was-healthy';

/**
 * Program that checks the health of an instance from inside its container.
 *
 * The image of the service has to include it. An instance that fails all tries of one check is killed, and Docker
 * starts it again. An instance that is still starting is left alone until its first success.
 *
 * @see https://docs.docker.com/reference/dockerfile/#healthcheck
 * @example
 * new DockerPlatform(this, "Platform", { probe: HealthProbe.wget() });
 */
export class HealthProbe {
  /** Node.js, which every image of a Node.js service includes. It needs no shell. */
  public static node(): HealthProbe {
    return new HealthProbe((port, health) => ['CMD', 'node', '-e', nodeScript(port, health)]);
  }

  /** `wget`, run by a shell. Images based on Alpine include both. */
  public static wget(): HealthProbe {
    return new HealthProbe((port, health) => [
      'CMD-SHELL',
      shellScript(
        // One try, because GNU's wget makes twenty; and no proxy, because the service may use one.
        `wget -q -t 1 -Y off -T ${trySeconds(health)} -O /dev/null http://127.0.0.1:${port}${health.path}`,
        health,
      ),
    ]);
  }

  /** `curl`, run by a shell. */
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
   * Command of the health check. Docker only marks an unhealthy container, so the check itself kills a hung instance,
   * and the restart policy starts it again. It kills only when all tries fail, and only after one success since the
   * start, so that a slow start does not count as a hang.
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
