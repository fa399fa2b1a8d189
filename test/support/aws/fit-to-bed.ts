// nginx.conf as AwsPlatform has it, for a bed on this machine.
import type { AwsPlatform } from 'cdktf-aiwm/aws';
import type { FrontPorts } from '../front/rendered-front';

type Layout = ReturnType<AwsPlatform['nginxLayout']>;

/**
 * Addresses and paths as the bed has them, and nothing else.
 *
 * @param served - whether nginx itself speaks TLS
 */
export function fitToBed(text: string, layout: Layout, ports: FrontPorts, served: boolean): string {
  const { entry } = layout;
  const listens: [string, string][] = [
    ...layout.httpsListen.map((each): [string, string] => [each, `0.0.0.0:${ports.httpsPort}`]),
    ...layout.httpListen.map((each): [string, string] => [
      each,
      served || !entry ? `0.0.0.0:${ports.httpPort}` : 'unix:redirect.sock',
    ]),
    ...(entry?.terminatedListen ?? []).map((each): [string, string] => [
      each,
      `0.0.0.0:${ports.httpPort}`,
    ]),
    ...(entry ? [[entry.healthListen, 'unix:health.sock'] as [string, string]] : []),
    ...(layout.statusListen ? [[layout.statusListen, 'unix:status.sock'] as [string, string]] : []),
  ];
  const paths: [string, string][] = [
    [layout.pidFile, 'nginx.pid'],
    [layout.errorLog, 'logs/error.log'],
    [layout.accessLog, 'logs/access.log'],
    [layout.certificate, 'tls/certificate.pem'],
    [layout.certificateKey, 'tls/key.pem'],
    ...(layout.releaseFile ? [[layout.releaseFile, 'release.conf'] as [string, string]] : []),
    ...(layout.tempDirectory ? [[layout.tempDirectory, 'temp'] as [string, string]] : []),
  ];
  const directives = text.split('\n').map((line) => {
    const [, indent = '', address = '', rest = ''] = /^( *)listen (\S+?)( .*|;)$/.exec(line) ?? [];
    const [, local] = listens.find(([each]) => each === address) ?? [];
    return local ? `${indent}listen ${local}${rest}` : line;
  });
  return paths.reduce((left, [path, local]) => left.replaceAll(path, local), directives.join('\n'));
}
