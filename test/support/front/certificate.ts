// A throw-away authority and a certificate signed by it, as a server with a real certificate looks to its clients.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../machine/temporary-folder';

export interface TestCertificate {
  /** PEM texts. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** The same as files. */
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

const made = new Map<string, TestCertificate>();

/** A certificate for the names, for localhost and for 127.0.0.1; made once per process. */
export function testCertificate(...names: string[]): TestCertificate {
  const known = made.get(names.join());
  if (known) {
    return known;
  }
  const folder = temporaryFolder('tls');
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const alternatives = [...names, 'localhost'].map((name) => `DNS:${name}`).join();
  writeFileSync(
    file('server.ext'),
    `basicConstraints=CA:FALSE\nsubjectAltName=${alternatives},IP:127.0.0.1\n`,
  );
  // prettier-ignore
  {
    openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', ...newKey, '-subj', '/CN=Test server', '-keyout', 'server.key', '-out', 'server.csr');
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'server.ext', '-out', 'server.pem');
  }
  const caFile = file('ca.pem');
  const certificateFile = file('server.pem');
  const keyFile = file('server.key');
  const text = (path: string) => readFileSync(path, 'utf8');
  const certificate = {
    ca: text(caFile),
    certificate: text(certificateFile),
    key: text(keyFile),
    caFile,
    certificateFile,
    keyFile,
  };
  made.set(names.join(), certificate);
  return certificate;
}

/** A certificate that vouches for itself and ends in so many days; before today with a negative number. */
export function certificateThatLasts(days: number): { certificate: string; key: string } {
  const folder = temporaryFolder('tls');
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  // prettier-ignore
  {
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x', '-keyout', 'key.pem', '-out', 'csr.pem');
    openssl('x509', '-req', '-in', 'csr.pem', '-signkey', 'key.pem', '-days', String(days), '-out', 'certificate.pem');
  }
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { certificate: text('certificate.pem'), key: text('key.pem') };
}
