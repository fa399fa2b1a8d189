// Before every test file: tests that build a stack by hand are spared what `synthesize` spares its users.
import { skipTokenTraces } from '../../../lib/testing/token-traces';

skipTokenTraces();
