#!/usr/bin/env node
// Runs the program of the package that is for this machine.
"use strict";
const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `@portmoor/portmoor-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/portmoor${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(`portmoor: the package ${name} is not installed`);
  console.error("hint: install portmoor with its optional dependencies, or see docs/install.md for other ways");
  process.exit(3);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (err) => {
  console.error(`portmoor: ${program}: ${err.message}`);
  process.exit(3);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
