// Which nginx an image holds, as far as its name says so.
import { versionInTag } from '../../../../lib/platform/docker/engine/images';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  ['nginx:1.30', '1.30'],
  ['nginx:1.30.4', '1.30.4'],
  ['nginx:1.30.4-alpine', '1.30.4'],
  ['nginx:1.30-alpine3.22-slim', '1.30'],
  ['nginxinc/nginx-unprivileged:1.30', '1.30'],
  ['registry.example/team/nginx:1.22.1', '1.22.1'],
  ['registry.example:5000/nginx:1.26.3', '1.26.3'],
  [`nginx:1.30@${digest}`, '1.30'],
  [`registry.example:5000/nginx:1.30.4-alpine@${digest}`, '1.30.4'],
])('%s says %s', (image, version) => {
  expect(versionInTag(image)).toBe(version);
});

test.each([
  'nginx',
  'nginx:latest',
  'nginx:stable',
  'nginx:stable-alpine3.22',
  'nginx:mainline-1.31',
  'nginx:v1.30',
  'nginx:1',
  'nginx:1.30.4.1',
  'nginx:1.30rc1',
  'registry.example:5000/nginx',
  'registry.example:5000/nginx:stable',
  '10.1.0.2:5000/nginx',
  `nginx@${digest}`,
  `registry.example:5000/nginx@${digest}`,
  `nginx:stable@${digest}`,
])('%s does not say it', (image) => {
  expect(versionInTag(image)).toBeUndefined();
});
