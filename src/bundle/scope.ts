/** A name that a module declares. */
export interface Binding {
  readonly name: string;
  /** How often the name occurs in the text. */
  uses: number;
  /** The name in the bundle. */
  newName: string;
}

/** A part of a module in which declarations are visible: the module, a function, a class or a block. */
export class Scope {
  readonly #declared = new Map<string, Binding>();
  readonly #imported = new Map<string, Binding>();
  readonly #outer: Scope | undefined;
  readonly inner: Scope[] = [];

  constructor(outer?: Scope) {
    this.#outer = outer;
    outer?.inner.push(this);
  }

  get declared(): Binding[] {
    return [...this.#declared.values()];
  }

  /** Declares a name. A name that is declared twice, as by a getter and its setter, is one binding. */
  declare(name: string): Binding {
    const binding = this.#declared.get(name) ?? { name, uses: 0, newName: name };
    this.#declared.set(name, binding);
    return binding;
  }

  /** Makes a name of another module visible under a name here. */
  import(name: string, binding: Binding): void {
    this.#imported.set(name, binding);
  }

  /** Finds what a name means here. Returns `undefined` for a name that no module declares, such as `document`. */
  find(name: string): Binding | undefined {
    return this.#declared.get(name) ?? this.#imported.get(name) ?? this.#outer?.find(name);
  }
}
