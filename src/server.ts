#!/usr/bin/env node
/** The program `tailcast`: runs a command. Each command documents its exit codes; 2 stands for wrong arguments. */
import { dispatch } from "./cli/dispatch.ts";

await dispatch(process.argv.slice(2), process.env);
