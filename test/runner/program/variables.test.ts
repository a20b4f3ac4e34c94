import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { projectVariablesPath } from "../../../dist/runner/project/project-variables.js";
import {
  addVariables,
  unmaskedVariables,
  variableProblem,
  variableSecrets,
} from "../../../dist/runner/program/variables.js";

describe("addVariables()", () => {
  it("lets the request win over the project's file, the file over the step, and the step over the rest", () => {
    const env = { A: "server", B: "server", C: "server", D: "server" };
    const given = { projectVariables: { C: "file", D: "file" }, variables: { D: "request" } };
    const expected = { A: "server", B: "step", C: "file", D: "request" };
    assert.deepEqual(addVariables(env, given, { B: "step", C: "step", D: "step" }), expected);
    assert.deepEqual(addVariables(env, {}), env);
  });

  it("lets the colour switch of the request win over all but the variables of the request", () => {
    const env = { NO_COLOR: "1", NODE_DISABLE_COLORS: "1", A: "1" };
    const on = { FORCE_COLOR: "1", CLICOLOR_FORCE: "1", npm_config_color: "always", A: "1" };
    assert.deepEqual(addVariables(env, { color: true, projectVariables: { FORCE_COLOR: "0" } }), on);
    assert.deepEqual(addVariables(on, { color: false }), { NO_COLOR: "1", A: "1" });
    const own = { color: true, variables: { FORCE_COLOR: "3" } };
    assert.deepEqual(addVariables(env, own), { ...on, FORCE_COLOR: "3" });
  });
});

describe("variableProblem()", () => {
  it("accepts names of shells and of npm, up to 256 characters", () => {
    const names = ["A", "_a1", "npm_config_//registry.example/:_authToken", "__proto__", "A".repeat(256)];
    for (const name of names) assert.equal(variableProblem(name, "x"), undefined, name);
    for (const name of ["", "1", "A B", "A=B", "A".repeat(257)]) assert.notEqual(variableProblem(name, "x"), undefined);
  });
});

describe("variableSecrets()", () => {
  it("leaves out words that are in most logs", () => {
    assert.deepEqual(variableSecrets({ A: "true", B: "hunter2" }, undefined, { C: "Production", D: "productive" }), [
      "hunter2",
      "productive",
    ]);
  });
});

describe("unmaskedVariables()", () => {
  it("names variables with values that are too short, and shows no value", () => {
    const variables = { PIN: "123", PADDED: " 123 ", LONG: "1234", EMPTY: "", BLANK: " ", FLAG: "1", SWITCH: "on" };
    assert.deepEqual(unmaskedVariables(variables), [
      "PIN is not masked: its value has fewer than 4 characters",
      "PADDED is not masked: its value has fewer than 4 characters",
    ]);
  });
});

describe("projectVariablesPath()", () => {
  it("is the project's path below the folder", () => {
    assert.equal(projectVariablesPath("/data/env", "/srv/projects/app"), "/data/env/srv/projects/app.env");
  });
});
