import type { HealthProbe } from '../../../model/health-probe';
import type { ResolvedHealthCheck } from '../../contract';
import { endAfterSeconds, PAUSE_SECONDS, trySeconds, WATCH_SECONDS } from './probe-timeout';

/**
 * File with the time of the last success, in seconds since the machine started, followed by "unwell" while the instance
 * is unhealthy. Every container has this folder in memory, and it is empty after each start. A tmpfs of our own would
 * have other permissions after a restart.
 */
const MARKER = '/dev/shm/.aiwm-was-healthy';

/**
 * Command of the health check of an instance.
 *
 * One check keeps asking for a minute while the instance is healthy, because the engine's start of a check costs more
 * than a hundred requests. `wget` and `curl` need less memory for that than Node.js: less than 1 MB instead of 7 MB.
 *
 * Docker only marks an unhealthy container, so the check itself kills a hung instance, and the restart policy starts it
 * again. It kills only after one success since the start, so that a slow start does not count as a hang, and only when
 * there was no success for longer than a stop may take. A container that is stopping no longer accepts requests, and
 * Docker ends it within that time.
 *
 * @internal
 */
export function renderHealthCommand(
  probe: HealthProbe,
  port: number,
  health: ResolvedHealthCheck,
  stopGraceMs: number,
): string[] {
  const ask = probe._shellLine(`http://127.0.0.1:${port}${health.path}`, trySeconds(health));
  return ask === undefined
    ? ['CMD', 'node', '-e', nodeScript(port, health, stopGraceMs)]
    : ['CMD-SHELL', shellScript(ask, health, stopGraceMs)];
}

function shellScript(ask: string, health: ResolvedHealthCheck, stopGraceMs: number): string {
  const { failures, intervalMs } = health;
  const tries = ['ask', ...Array<string>(failures - 1).fill(`{ sleep ${PAUSE_SECONDS}; ask; }`)];
  return [
    `m=${MARKER}; well=; unwell=; [ ! -f $m ] || read -r well unwell < $m`,
    // Whole seconds. Not by an expansion in braces, which Terraform would take for its own.
    'now() { IFS=. read -r now rest < /proc/uptime; }',
    `ask() { ${ask}; }`,
    'now; begin=$now',
    `while ${tries.join(' || ')}; do`,
    // The answer that makes it healthy is reported at once.
    `  now; echo $now > $m; [ -n "$well" ] && [ -z "$unwell" ] && [ $((now - begin)) -lt ${WATCH_SECONDS} ] || exit 0`,
    `  well=$now; sleep ${intervalMs / 1000}`,
    'done',
    '[ -n "$well" ] || exit 1',
    `now; echo "$well unwell" > $m; [ $((now - well)) -le ${endAfterSeconds(health, stopGraceMs)} ] || kill -9 -1`,
    'exit 1',
  ].join('\n');
}

function nodeScript(port: number, health: ResolvedHealthCheck, stopGraceMs: number): string {
  const { path, intervalMs, timeoutMs, failures } = health;
  return [
    `const fs=require('fs'),now=()=>Math.floor(require('os').uptime()),m='${MARKER}',begin=now();let well,unwell,left=${failures};`,
    `try{[well,unwell]=fs.readFileSync(m,'utf8').trim().split(' ')}catch{}`,
    // The answer that makes it healthy is reported at once.
    `const good=()=>{fs.writeFileSync(m,String(now()));if(!well||unwell||now()-begin>=${WATCH_SECONDS})process.exit(0);`,
    `well=now();left=${failures};setTimeout(ask,${intervalMs})};`,
    `const bad=()=>{if(--left>0)return setTimeout(ask,${PAUSE_SECONDS * 1000});if(!well)process.exit(1);fs.writeFileSync(m,well+' unwell');`,
    `if(now()-well>${endAfterSeconds(health, stopGraceMs)})process.kill(-1,'SIGKILL');process.exit(1)};`,
    `const ask=()=>{let over=false,timer;const once=f=>()=>{if(!over){over=true;clearTimeout(timer);f()}};`,
    `const r=require('http').get({host:'127.0.0.1',port:${port},path:'${path}',agent:false},`,
    `a=>{a.resume();once(a.statusCode>=200&&a.statusCode<300?good:bad)()});`,
    `r.on('error',once(bad));timer=setTimeout(()=>{const f=once(bad);r.destroy();f()},${timeoutMs})};ask()`,
  ].join('');
}
