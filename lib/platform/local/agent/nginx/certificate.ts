import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { AgentError, codeOf } from '../system/agent-error';
import type { CertificateRequest } from '../call/requests';
import { selfSigned } from './self-signed';
import type { KeyPair } from './self-signed';
import type { StateFolder } from '../system/state-folder';
import type { Report } from '../system/text';

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;
const RENEW_DAYS = 30;

/**
 * Certificate and key for nginx, checked as far as possible without nginx.
 *
 * @throws AgentError for files that nginx or its clients would refuse
 */
export function resolveKeyPair(
  request: CertificateRequest,
  state: StateFolder,
  unit: string,
  report: Report,
): KeyPair {
  return request.kind === 'files'
    ? fromFiles(request, unit, report)
    : selfSignedKeyPair(request.names, state, unit, report);
}

function fromFiles(
  request: { certificate: string; key: string },
  unit: string,
  report: Report,
): KeyPair {
  const certificateFile = `the certificate ${request.certificate}`;
  const keyFile = `the key ${request.key}`;
  const certificate = readPem(request.certificate, unit, certificateFile);
  const key = readPem(request.key, unit, keyFile);

  const leaf = parseCertificate(certificate, unit, certificateFile);
  if (!leaf.checkPrivateKey(parseKey(key, unit, keyFile))) {
    throw new AgentError(
      `${unit}: ${keyFile} does not belong to ${certificateFile}. ` +
        "Give the key that the certificate was issued for; in a chain, the server's certificate comes first.",
    );
  }
  const now = Date.now();
  if (Date.parse(leaf.validTo) < now) {
    throw new AgentError(
      `${unit}: ${certificateFile} expired on ${leaf.validTo}. Clients would reject it: renew it and deploy again.`,
    );
  }
  if (Date.parse(leaf.validFrom) > now) {
    throw new AgentError(
      `${unit}: ${certificateFile} is valid only from ${leaf.validFrom}. Use one that is valid, or check this machine's clock.`,
    );
  }
  const days = Math.floor((Date.parse(leaf.validTo) - now) / DAY_MS);
  if (days < WARN_DAYS) {
    report(
      `${unit}: warning: ${certificateFile} expires in ${days} ${days === 1 ? 'day' : 'days'} (${leaf.validTo})`,
    );
  }
  return { certificate, key };
}

function readPem(path: string, unit: string, file: string): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOENT: 'does not exist',
      EACCES: 'cannot be read by this user',
      EISDIR: 'is a folder',
    };
    const code = codeOf(error) ?? '';
    throw new AgentError(
      `${unit}: ${file} ${reasons[code] ?? `cannot be read (${code})`}. ` +
        'Give the path of a PEM file that this user can read.',
    );
  }
  if (!content.includes('-----BEGIN ')) {
    throw new AgentError(
      `${unit}: ${file} is not in PEM format (it has no "-----BEGIN …" line). ` +
        'Convert it, for example with openssl x509 -inform der, or openssl pkcs12.',
    );
  }
  return content;
}

function parseCertificate(content: string, unit: string, file: string): X509Certificate {
  try {
    return new X509Certificate(content);
  } catch {
    throw new AgentError(
      `${unit}: ${file} contains no readable certificate. ` +
        'It must begin with "-----BEGIN CERTIFICATE-----".',
    );
  }
}

function parseKey(content: string, unit: string, file: string): KeyObject {
  if (/ENCRYPTED/.test(content)) {
    throw new AgentError(
      `${unit}: ${file} is protected by a passphrase, which nobody can enter when nginx starts. ` +
        'Store it without one (openssl pkey), readable only by its owner.',
    );
  }
  try {
    return createPrivateKey(content);
  } catch {
    throw new AgentError(
      `${unit}: ${file} contains no readable private key. ` +
        'It must begin with "-----BEGIN PRIVATE KEY-----", or with one for RSA or EC.',
    );
  }
}

/** Self-signed certificate, kept as long as possible: a browser asks its user again for every new one. */
function selfSignedKeyPair(
  names: readonly string[],
  state: StateFolder,
  unit: string,
  report: Report,
): KeyPair {
  const folder = `nginx/${unit}/self-signed`;
  const present = {
    names: state.read(`${folder}/names.json`),
    certificate: state.read(`${folder}/certificate.pem`),
    key: state.read(`${folder}/key.pem`),
  };
  const wanted = JSON.stringify(names);
  if (present.names === wanted && present.certificate && present.key) {
    const left = Date.parse(new X509Certificate(present.certificate).validTo) - Date.now();
    if (left > RENEW_DAYS * DAY_MS) {
      return { certificate: present.certificate, key: present.key };
    }
  }
  const pair = selfSigned(names);
  mkdirSync(state.path(folder), { recursive: true, mode: 0o700 });
  // The names are written last: the files count only if all three exist.
  state.remove(`${folder}/names.json`);
  state.write(`${folder}/key.pem`, pair.key);
  state.write(`${folder}/certificate.pem`, pair.certificate);
  state.write(`${folder}/names.json`, wanted);
  report(`${unit}: made a self-signed certificate for ${names.join(', ')}, for development only`);
  return pair;
}
