import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';

/*
 * Self-signed certificates for development. node:crypto generates keys and signatures, but no certificates. The little
 * DER that a certificate needs is encoded here, so that this depends on neither OpenSSL nor LibreSSL.
 */

const VALID_DAYS = 397;

/** Contents of two PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** P-256 certificate for host names and IP addresses, signed with its own key. */
export function selfSigned(names: readonly string[], now = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const subject = sequence(
    // RFC 5280 limits a common name to 64 characters. Clients read the alternative names instead.
    set(sequence(oid('550403'), element(0x0c, Buffer.from(names[0]?.slice(0, 64) ?? '')))),
  );
  // For a clock that is a little slow, the certificate must be valid already.
  const from = new Date(now.getTime() - 3_600_000);
  const to = new Date(now.getTime() + VALID_DAYS * 86_400_000);
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    ecdsaWithSha256,
    subject,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        // Subject alternative name, basic constraints (no CA), key usage (digital signature), TLS server.
        extension('551d11', sequence(...names.map(alternativeName))),
        extension('551d13', sequence(), true),
        extension('551d0f', bits(Buffer.from([0x80]), 7), true),
        extension('551d25', sequence(oid('2b06010505070301'))),
      ),
    ),
  );
  const der = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, privateKey)));
  return {
    certificate: new X509Certificate(der).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function serialNumber(): Buffer {
  const serial = randomBytes(16);
  // The first bit is 0, so that the number is positive. The second is 1, so that DER drops no leading byte.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function alternativeName(name: string): Buffer {
  return isIP(name) ? element(0x87, addressBytes(name)) : element(0x82, Buffer.from(name, 'ascii'));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) {
    return Buffer.from(address.split('.').map(Number));
  }
  // The URL parser writes an IPv4 tail as hexadecimal groups; "::" then stands for the groups that are missing.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...new Array<string>(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [element(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, element(0x04, value));
}

/** Time as UTCTime, which reaches until 2049. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`;
  return element(0x17, Buffer.from(text, 'ascii'));
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function set(...parts: Buffer[]): Buffer {
  return element(0x31, ...parts);
}

function integer(value: Buffer): Buffer {
  return element(0x02, value);
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function bits(value: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), value);
}

function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(value: number): Buffer {
  if (value < 0x80) {
    return Buffer.from([value]);
  }
  const bytes = value < 0x100 ? [value] : [value >> 8, value & 0xff];
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}
