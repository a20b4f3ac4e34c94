const NAMES = ["a", "b", "c", "t", "e"] as const;

/** Writes programs that declare and use few names in many scopes. Equal seeds write equal programs. */
export class ProgramWriter {
  #seed: number;
  #value = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  write(): string {
    return `let ${NAMES.map((name) => `${name} = ${this.#literal()}`).join(", ")};\n${this.#statements(0)}`;
  }

  #random(limit: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#seed >>> 8) % limit;
  }

  #name(): string {
    return NAMES[this.#random(NAMES.length)] ?? "a";
  }

  #literal(): string {
    return String(++this.#value);
  }

  /** Two names that differ. */
  #names(): [string, string] {
    const first = this.#random(NAMES.length);
    return [NAMES[first] ?? "a", NAMES[(first + 1 + this.#random(NAMES.length - 1)) % NAMES.length] ?? "b"];
  }

  #statements(depth: number): string {
    const count = depth > 2 ? 1 : 1 + this.#random(3);
    return Array.from({ length: count }, () => this.#statement(depth)).join("\n");
  }

  #statement(depth: number): string {
    const [x, y] = this.#names();
    const show = `log(${this.#expression()}, ${this.#expression()});`;
    if (depth > 2) return show;
    const inner = `${show}\n${this.#statements(depth + 1)}`;
    const declare = `let ${x} = ${this.#expression()}`;
    const read = this.#expression();
    const forms = [
      `{ const ${x} = ${this.#literal()}, ${y} = ${x} + 1; ${inner} }`,
      `try { ${declare}; ${inner} } catch ({ name: ${y} }) { log(${y}); ${this.#statements(depth + 1)} }`,
      `((${x}, ${y} = ${read}) => { ${inner} })(${read});`,
      `(function ${y}(${x} = () => ${read}) { let ${this.#name()}2 = typeof ${x}; ${inner} })();`,
      `for (const ${x} of [${read}, ${this.#literal()}]) { ${inner} }`,
      `for (let ${x} = 0; ${x} < 2; ${x}++) { const f = () => ${x} + ${read}; log(f()); ${inner} }`,
      `{ function ${x}(${y}) { ${inner} return ${y}; } log(${x}(${this.#literal()})); }`,
      `new (class ${x} { #${y} = 1; ${y} = ${this.#literal()}; ${x}() { this.#${x}(2); }
        #${x}(${y}) { log(this.#${y}, ${y}, this.${y}); ${inner} } })().${x}();`,
      `{ const { ${x}, q: ${y} = ${x}, ...rest } = { ${x}: 1, ${y}: 2 }; log({ ${x}, ${y}, rest }); ${inner} }`,
      `${x}${depth}: for (const ${y} of [1, 2]) { ${inner}
        if (${y} === 1) continue ${x}${depth}; break ${x}${depth}; }`,
      `switch (typeof ${x}) { case "none": default: let ${y} = ${this.#literal()}; ${inner} }`,
      `${x} = ${read}; ${show}`,
      `await (async (${y}) => { log({ ${y}, ${x}: typeof ${x} }); ${inner} })(${read});`,
      `log(((${x}) => (${y}) => typeof ${x} + typeof ${y})(${read})(1)); ({ ${x} } = { ${x}: ${this.#literal()} });`,
    ];
    return forms[this.#random(forms.length)] ?? show;
  }

  #expression(): string {
    const [x, y] = this.#names();
    const known = `(typeof ${x} === "number" ? ${x} : "other")`;
    const text = `\`\${typeof ${x}} ${y}\``;
    const forms = [known, `typeof ${x}`, text, `[${x}, ${y}].length`, `({ ${x}: 1 }).${x}`, this.#literal()];
    return forms[this.#random(forms.length)] ?? x;
  }
}
