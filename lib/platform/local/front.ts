import { Fn, Token } from 'cdktf';
import type { TerraformResourceLifecycle } from 'cdktf';
import type { Construct } from 'constructs';
import { TlsKind } from '../../model/tls-certificate';
import { inExpression } from '../../terraform/expressions';
import { fromStackFolder } from '../../terraform/stack-paths';
import type { Check } from '../../validation/check';
import { FILE_PATH } from '../../validation/text-rules';
import type { NginxLayout, NginxSpec, RunningNginx } from '../contract';
import { checkSize } from './agent-resource';
import type { LocalContext } from './local-context';
import type { LocalSettings } from './settings';

/**
 * Layout of nginx on this machine.
 *
 * Paths are relative to nginx's prefix or to the configuration's folder, so that the text is the same on every machine.
 *
 * @internal
 */
export function nginxLayout({
  addresses,
  httpsPort,
  httpPort,
  resolver,
}: LocalSettings): NginxLayout {
  const listen = (port: number): string[] =>
    addresses.map((each) => (each.includes(':') ? `[${each}]:${port}` : `${each}:${port}`));
  return {
    pidFile: 'nginx.pid',
    errorLog: 'logs/error.log',
    accessLog: 'logs/access.log',
    tempDirectory: 'temp',
    certificate: 'tls/certificate.pem',
    certificateKey: 'tls/key.pem',
    httpsListen: listen(httpsPort),
    httpListen: listen(httpPort),
    publicHttpsPort: httpsPort,
    publicHttpPort: httpPort,
    statusListen: 'unix:status.sock',
    releaseFile: 'release.conf',
    resolver,
  };
}

/**
 * Runs nginx as a process.
 *
 * @internal
 * @throws ValidationError for a second front on the same ports
 */
export function runNginx(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  { settings, units, agent }: LocalContext,
): RunningNginx {
  const { addresses, httpsPort, httpPort, nginx } = settings;
  const { specification: certificate, ...options } = resolveCertificate(check, spec);
  const ports = [
    ...(spec.certificate === undefined
      ? []
      : [{ addresses, port: httpsPort, purpose: `TLS of the front ${spec.name}` }]),
    { addresses, port: httpPort, purpose: `plain HTTP of the front ${spec.name}` },
  ];
  units.claim(check, spec.name, ports);
  const specification = {
    unit: spec.name,
    executable: nginx,
    configuration: spec.configuration,
    certificate,
    listen: ports.flatMap(({ port }) => addresses.map((address) => ({ address, port }))),
  };
  checkSize(check, specification);
  agent.requireProgram(nginx);
  const resource = agent.bringUp(scope, 'Nginx', 'nginx', specification, {
    dependsOn: spec.dependsOn,
    ...options,
  });
  return { dependables: [resource] };
}

/** Certificate of a front, and what Terraform compares and checks of its files. */
interface ResolvedCertificate {
  /** Certificate in the form that the agent reads; null for plain HTTP. */
  readonly specification: object | null;
  readonly triggers?: Record<string, string>;
  readonly precondition?: TerraformResourceLifecycle['precondition'];
}

function resolveCertificate(
  check: Check,
  { name, certificate, serverNames }: NginxSpec,
): ResolvedCertificate {
  if (certificate === undefined) {
    return { specification: null };
  }
  if (certificate.kind === TlsKind.SELF_SIGNED) {
    const names = [...new Set([...serverNames, 'localhost'])];
    return { specification: { kind: 'self-signed', names } };
  }
  const file = (property: string, path: string | undefined): string =>
    fromStackFolder(check.scope, check.text(property, path ?? '', FILE_PATH));
  const certificateFile = file('tls.certificateFile', certificate.certificateFile);
  const keyFile = file('tls.keyFile', certificate.keyFile);
  return {
    specification: { kind: 'files', certificate: certificateFile, key: keyFile },
    // Terraform reads the files at plan, so that a renewed certificate is a change.
    triggers: {
      certificate_sha256: fingerprint(certificateFile),
      key_sha256: fingerprint(keyFile),
    },
    precondition: [
      ...fileExists(name, 'certificate', certificateFile),
      ...fileExists(name, 'key', keyFile),
    ],
  };
}

/** Hash of a file. It is empty for a missing file, which must not keep `destroy` from working. */
function fingerprint(path: string): string {
  return Token.isUnresolved(path)
    ? Token.asString(Fn.try([Fn.filesha256(path), '']))
    : `\${try(filesha256(${inExpression(path)}), "")}`;
}

/** Condition that fails the plan for a missing file, before anything is touched. It is not evaluated at destroy. */
function fileExists(
  unit: string,
  what: string,
  path: string,
): { condition: string; errorMessage: string }[] {
  if (Token.isUnresolved(path)) {
    return [];
  }
  return [
    {
      // Terraform requires a condition to refer to something of the stack.
      condition: `\${path.module != "" && fileexists(${inExpression(path)})}`,
      errorMessage: `${unit}: the ${what} ${path} does not exist. Give the path of a PEM file that this user can read.`,
    },
  ];
}
