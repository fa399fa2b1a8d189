// There to end what hangs, and not to fail a slow machine. `testTimeout` is not a per-project option of jest.
jest.setTimeout(300_000);
