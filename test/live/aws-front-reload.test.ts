// reload.test.ts, with nginx.conf as AwsPlatform has it.
import '../support/aws/render-on-aws';
import './reload.test';
