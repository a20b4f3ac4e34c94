/** A place in a JSON text, and what is wrong there. */
export class JsonProblem extends Error {
  override readonly name = "JsonProblem";

  /** The line and the column, both from 1: `3:12`. */
  readonly place: string;

  constructor(place: string, reason: string) {
    super(reason);
    this.place = place;
  }
}

interface Token {
  /** Empty at the end of the text. */
  readonly text: string;
  readonly start: number;
}

/** White space, and then a divider, a string, or the characters of a number or of a word. */
const TOKEN = /[ \t\r\n]*([{}[\],:]|"(?:[^"\\\0-\x1f]|\\.)*"|[\w.+-]+|[^ \t\r\n])?/y;

const MAX_DEPTH = 32;

/** A JSON text whose properties have places, for messages about them. */
export class JsonSource {
  readonly value: unknown;
  readonly #text: string;
  readonly #starts = new Map<string, number>();
  #next = 0;

  /** @throws {JsonProblem} The text is not JSON, or an object has two properties of the same name. */
  constructor(text: string) {
    this.#text = text;
    this.value = this.#readValue("", this.#take(), 0);
    const rest = this.#take();
    if (rest.text !== "") throw this.#expected("the end of the file", rest);
  }

  /**
   * Makes an error about a property.
   *
   * @param path - As {@link propertyPath} writes it; `""` is the whole text.
   */
  problem(path: string, reason: string): JsonProblem {
    return new JsonProblem(this.#placeOf(this.#starts.get(path) ?? 0), reason);
  }

  #readValue(path: string, token: Token, depth: number): unknown {
    if (!this.#starts.has(path)) this.#starts.set(path, token.start);
    if (depth > MAX_DEPTH) throw this.#expected(`at most ${MAX_DEPTH} levels`, token);
    if (token.text === "{") return this.#readObject(path, depth + 1);
    if (token.text === "[") return this.#readArray(path, depth + 1);
    try {
      return JSON.parse(token.text);
    } catch {
      throw this.#expected("a value", token);
    }
  }

  #readObject(path: string, depth: number): Readonly<Record<string, unknown>> {
    const entries = new Map<string, unknown>();
    let token = this.#take();
    while (token.text !== "}" || entries.size > 0) {
      if (!token.text.startsWith('"') || token.text.length < 2) {
        throw this.#expected("the name of a property, in quotation marks", token);
      }
      const name = this.#readValue(`${path}\0`, token, depth) as string;
      const inner = propertyPath(path, name);
      if (entries.has(name)) throw new JsonProblem(this.#placeOf(token.start), `it has ${inner} twice`);
      this.#starts.set(inner, token.start);
      this.#expect(":");
      entries.set(name, this.#readValue(inner, this.#take(), depth));
      token = this.#take();
      if (token.text === "}") break;
      if (token.text !== ",") throw this.#expected('"," or "}"', token);
      token = this.#take();
    }
    // A property called __proto__ stays a property.
    return Object.fromEntries(entries);
  }

  #readArray(path: string, depth: number): readonly unknown[] {
    const items: unknown[] = [];
    let token = this.#take();
    while (token.text !== "]" || items.length > 0) {
      items.push(this.#readValue(propertyPath(path, items.length), token, depth));
      token = this.#take();
      if (token.text === "]") break;
      if (token.text !== ",") throw this.#expected('"," or "]"', token);
      token = this.#take();
    }
    return items;
  }

  #expect(divider: string): void {
    const token = this.#take();
    if (token.text !== divider) throw this.#expected(`"${divider}"`, token);
  }

  #take(): Token {
    TOKEN.lastIndex = this.#next;
    const [all = "", text = ""] = TOKEN.exec(this.#text) ?? [];
    this.#next += all.length;
    return { text, start: this.#next - text.length };
  }

  #expected(wanted: string, { text, start }: Token): JsonProblem {
    const found = text === "" ? "the end of the file" : text.slice(0, 20);
    const advice = text === "/" || text === "#" ? "; JSON has no comments" : "";
    return new JsonProblem(this.#placeOf(start), `it must have ${wanted} here, not ${found}${advice}`);
  }

  #placeOf(offset: number): string {
    const lines = this.#text.slice(0, offset).split("\n");
    return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  }
}

/** The path of a property or an item, as in JavaScript: `projects["my shop"].steps[1]`. */
export function propertyPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
