import { accessLog } from './access-log';
import { groupedAddresses, refuseOtherQuestions } from './ask-first';
import type { Entry } from './directive';
import { block, comment, directive, separated } from './directive';
import { calledPortMap } from './forwarding';
import type { Intent } from './intent';
import { limitZones } from './limits';
import { originMap } from './origins';
import { ownEntries } from './own-directives';
import { print } from './print';
import { servers } from './servers';
import { upgradeMaps } from './upgrade';
import { upstreams } from './upstreams';
import { workers } from './workers';

/**
 * The whole nginx.conf.
 *
 * @throws NginxTextError for a value that cannot stand in it
 */
export function render(intent: Intent): string {
  return print(configuration(intent));
}

/** The tree before it is text. */
export function configuration(intent: Intent): Entry[] {
  refuseOtherQuestions(intent);
  return separated(
    [comment(`${intent.title}: rendered by cdktf-aiwm. Change the stack, not this file.`)],
    workers(intent),
    [block('http', [], http(intent))],
  );
}

function http(intent: Intent): Entry[] {
  const rendered = separated(
    basics(intent),
    accessLog(intent),
    upgradeMaps(),
    calledPortMap(intent),
    originMap(intent),
    limitZones(intent),
    upstreams(intent),
  );
  return separated(
    rendered,
    ownEntries('http', rendered, intent.ownDirectives.http),
    servers(intent),
  );
}

function basics(intent: Intent): Entry[] {
  return [
    directive('server_tokens', 'off'),
    comment('How long a client may take to send its request.'),
    directive('client_header_timeout', '20s'),
    ...tempPaths(intent),
    ...hashSizes(intent),
  ];
}

/** All five, because nginx creates the compiled-in folders even for modules that are not used. */
function tempPaths({ layout: { tempDirectory } }: Intent): Entry[] {
  return tempDirectory === undefined
    ? []
    : ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) =>
        directive(`${kind}_temp_path`, `${tempDirectory}/${kind}`),
      );
}

/** The longest name that DNS knows, with the scheme and port that an origin has around it. */
const LONGEST_NAME = 'https://:65535'.length + 253;

/** nginx's hash tables take keys up to their bucket size, 64 by default on common machines. */
function hashSizes({ serverNames, allowedOrigins = [], upstream, hasLateNames }: Intent): Entry[] {
  const length = (key: string): number => (hasLateNames ? LONGEST_NAME : Buffer.byteLength(key));
  return [
    ...bucketSize('server_names_hash_bucket_size', serverNames.map(length)),
    ...bucketSize('map_hash_bucket_size', [
      ...allowedOrigins.map(length),
      upstream.name.length,
      ...groupedAddresses(upstream).map((address) =>
        IS_LATE.test(address) ? LONGEST_NAME : address.length,
      ),
    ]),
  ];
}

/** A private-use character stands for what is filled in at apply. */
const IS_LATE = /[\ue000-\uf8ff]/;

/** An entry takes its key, a pointer and padding. */
function bucketSize(name: string, lengths: readonly number[]): Entry[] {
  const needed = Math.max(...lengths) + 32;
  return needed <= 64 ? [] : [directive(name, 2 ** Math.ceil(Math.log2(needed)))];
}
