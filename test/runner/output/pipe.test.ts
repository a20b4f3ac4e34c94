import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, readdir, readlink, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openPipes } from "../../../dist/runner/output/pipe.js";
import { pipeSizeWarning } from "../../../dist/runner/output/pipe-size.js";
import { findProgram } from "../../../dist/runner/program/find-program.js";
import { makeFolder } from "../../support/folders.js";
import { setVariable } from "../variables.js";
import type { Readable } from "node:stream";
import type { Pipe } from "../../../dist/runner/output/pipe.js";

async function open(writerCount = 1): Promise<Pipe> {
  const [pipe] = await openPipes([writerCount]);
  assert.ok(pipe !== undefined);
  return pipe;
}

async function textOf(reader: Readable): Promise<string> {
  return Buffer.concat((await reader.toArray()) as Uint8Array[]).toString();
}

/** The paths of the programs that can enlarge a pipe. */
const enlargers = {
  pipesz: process.platform === "linux" ? await findProgram("pipesz", process.env) : undefined,
  perl: pathFrom("perl", ["-e", "print $^X"]),
  python3: pathFrom("python3", ["-c", "import sys; print(sys.executable, end='')"]),
};

/** The path of a program, which it prints itself: a shim depends on the environment. */
function pathFrom(name: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(name, args, { encoding: "utf8" });
  return process.platform === "linux" && status === 0 ? stdout : undefined;
}

/** The descriptors of this process that are named pipes. */
async function openFifos(): Promise<string[]> {
  const names = await readdir("/proc/self/fd");
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target.includes("tailcast-pipe-"));
}

describe("pipeSizeWarning()", { skip: process.platform !== "linux" }, () => {
  it("warns only when no program can enlarge pipes", async (t) => {
    const bin = await makeFolder(t, { "perl/perl": "", "pipesz/pipesz": "", "none/": "" });
    for (const name of ["perl", "pipesz"]) {
      await chmod(join(bin, name, name), 0o755);
      assert.equal(await pipeSizeWarning({ PATH: join(bin, name) }), undefined);
    }
    const warning =
      "pipesz, perl and python3 are not on PATH: on a busy machine, a build can lose the last lines of a program " +
      "that prints much and exits";
    assert.equal(await pipeSizeWarning({ PATH: join(bin, "none") }), warning);
  });
});

describe("openPipes()", () => {
  it("ends when no process has a writer", async () => {
    const pipe = await open();
    const child = spawn("/bin/sh", ["-c", "(sleep 0.2; echo later) & echo first"], {
      stdio: ["ignore", pipe.writers[0], "inherit"],
    });
    await once(child, "exit");
    pipe.closeWriters();
    assert.equal(await textOf(pipe.reader), "first\nlater\n");
  });

  it("keeps the order of writes to its writers", async () => {
    const pipe = await open(2);
    const script = "for i in 1 2 3 4 5; do echo out $i; echo error $i >&2; done";
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", ...pipe.writers] });
    child.once("exit", () => pipe.closeWriters());
    const expected = [1, 2, 3, 4, 5].map((number) => `out ${number}\nerror ${number}\n`).join("");
    assert.equal(await textOf(pipe.reader), expected);
  });

  it("blocks the writer while nothing is read", async () => {
    const pipe = await open();
    const child = spawn("/bin/sh", ["-c", "yes | head -c 4000000; echo end"], {
      stdio: ["ignore", pipe.writers[0], "inherit"],
    });
    child.once("exit", () => pipe.closeWriters());
    pipe.reader.pause();
    await once(pipe.reader, "readable");
    assert.equal(child.exitCode, null);
    assert.ok(pipe.reader.readableLength < 1_000_000);
    assert.equal((await textOf(pipe.reader)).length, 4_000_004);
  });

  it("leaves nothing in the folder of temporary files", async (t) => {
    const folder = await makeFolder(t);
    setVariable(t, "TMPDIR", folder);
    const pipes = await openPipes([1, 2]);
    assert.deepEqual(await readdir(folder), []);
    assert.equal((await openFifos()).length, 5);
    for (const { reader, closeWriters } of pipes) {
      closeWriters();
      reader.destroy();
      await once(reader, "close");
    }
    assert.deepEqual(await openFifos(), []);
  });

  it("removes the names of the pipes before it enlarges them", { skip: process.platform !== "linux" }, async (t) => {
    const [bin, folder] = [await makeFolder(t), await makeFolder(t)];
    await writeFile(join(bin, "pipesz"), `#!/bin/sh\nls '${folder}' > '${bin}/names'\n`);
    await chmod(join(bin, "pipesz"), 0o755);
    setVariable(t, "PATH", `${bin}:${process.env["PATH"]}`);
    setVariable(t, "TMPDIR", folder);
    for (const { reader, closeWriters } of await openPipes([2])) {
      closeWriters();
      reader.destroy();
    }
    assert.equal(await readFile(join(bin, "names"), "utf8"), "");
  });

  it("removes old folders that a killed process has left behind, and no others", async (t) => {
    const names = ["tailcast-pipe-old/0", "tailcast-pipe-old/1", "tailcast-pipe-empty/", "tailcast-pipe-more/file"];
    const others = ["tailcast-pipe-new/0", "tailcast-data-old/0"];
    const folder = await makeFolder(t, Object.fromEntries([...names, ...others].map((name) => [name, ""])));
    for (const name of ["tailcast-pipe-old", "tailcast-pipe-empty", "tailcast-pipe-more", "tailcast-data-old"]) {
      await utimes(join(folder, name), 0, 0);
    }
    setVariable(t, "TMPDIR", folder);
    for (const { reader, closeWriters } of await openPipes([1])) {
      closeWriters();
      reader.destroy();
    }
    // A folder with other files is not one of these.
    const left = ["tailcast-data-old", "tailcast-pipe-more", "tailcast-pipe-new"];
    assert.deepEqual((await readdir(folder)).toSorted(), left);
  });

  const failures: Readonly<Record<string, string | undefined>> = {
    "is missing": undefined,
    fails: "#!/bin/sh\necho no >&2\nexit 1\n",
    "makes only one": '#!/bin/sh\nexec /usr/bin/mkfifo "$3"\n',
    "makes something else": '#!/bin/sh\nmkdir "$3" "$4"\n',
  };
  for (const [name, script] of Object.entries(failures)) {
    it(`rejects when mkfifo ${name}, and leaves nothing open`, async (t) => {
      const folder = await makeFolder(t, { "bin/": "", "tmp/": "" });
      if (script !== undefined) {
        await writeFile(join(folder, "bin/mkfifo"), script);
        await chmod(join(folder, "bin/mkfifo"), 0o755);
      }
      setVariable(t, "PATH", join(folder, "bin"));
      setVariable(t, "TMPDIR", join(folder, "tmp"));
      await assert.rejects(openPipes([1, 1]));
      assert.deepEqual(await openFifos(), []);
    });
  }

  for (const [name, program] of Object.entries(enlargers)) {
    it(`holds 1 MiB on Linux, where ${name} is installed`, { skip: program === undefined }, async (t) => {
      const bin = await makeFolder(t);
      await symlink(program ?? "", join(bin, name));
      await symlink((await findProgram("mkfifo", process.env)) ?? "", join(bin, "mkfifo"));
      setVariable(t, "PATH", bin);
      for (const pipe of await openPipes([2, 1])) {
        // Nothing is read before the program has ended, so it never waits.
        const code = "for (let i = 0; i < 9000; i++) console.log('x'.repeat(100)); process.exit(1)";
        const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", pipe.writers[0], "inherit"] });
        await once(child, "exit");
        pipe.closeWriters();
        assert.equal((await textOf(pipe.reader)).length, 909_000);
      }
    });
  }

  it("asks pipesz to enlarge all pipes, where it is installed", { skip: process.platform !== "linux" }, async (t) => {
    const bin = await makeFolder(t, { pipesz: '#!/bin/sh\necho "$@" > "$0.arguments"\n' });
    await chmod(join(bin, "pipesz"), 0o755);
    setVariable(t, "PATH", `${bin}:${process.env["PATH"]}`);
    for (const { reader, closeWriters } of await openPipes([1, 1])) {
      closeWriters();
      reader.destroy();
    }
    const args = await readFile(join(bin, "pipesz.arguments"), "utf8");
    assert.equal(args, "--check --set 1048576 --fd 3 --fd 4\n");
  });

  it("works when the programs that enlarge it fail", async (t) => {
    const bin = await makeFolder(t);
    for (const name of Object.keys(enlargers)) {
      await writeFile(join(bin, name), "#!/bin/sh\necho no >&2; echo no; exit 1\n");
      await chmod(join(bin, name), 0o755);
    }
    setVariable(t, "PATH", `${bin}:${process.env["PATH"]}`);
    const pipe = await open();
    const child = spawn("/bin/sh", ["-c", "echo x"], { stdio: ["ignore", pipe.writers[0], "inherit"] });
    await once(child, "exit");
    pipe.closeWriters();
    assert.equal(await textOf(pipe.reader), "x\n");
  });

  it("makes the pipe blocking again after a program has made it non-blocking", async () => {
    const pipe = await open();
    // A program of Node.js prints more than the pipe holds while nothing is read, and exits before it is written.
    const program = "console.log(1); setTimeout(() => { console.error(); for (let i = 0; i < 9e4; i++)" +
      " console.log('x'.repeat(70)); process.exit(1); }, 200)";
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", pipe.writers[0] as number, "pipe"] });
    child.once("exit", () => pipe.closeWriters());
    await once(pipe.reader, "readable");
    await once(child.stderr as Readable, "data");
    // Without a reader, a blocking pipe keeps the program from its end.
    await Promise.race([once(child, "exit"), delay(1500)]);
    assert.equal(child.exitCode, null);
    assert.equal((await textOf(pipe.reader)).split("\n").length, 90_002);
  });
});
