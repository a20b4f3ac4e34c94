/** Programs that are hard to shorten, by the reason. Each calls `log` with its results. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "regular expressions and divisions": String.raw`
    const a = 8, g = 2, b = { c: 4 };
    log(a / g / 1, a /g/ 1, /g/g.test("g"), b.c /g, /[/]\/"'${"`"}/.source, a / /2/.exec("2")[0]);
    log((a) / g, [a][0] / g, typeof /a/, /a/ instanceof RegExp, /a/ in { "/a/": 1 }, /a/g in { "/a/g": 1 });
    if (a) /x/.test("x");
    let i = 8;
    log(i++ / g, i-- /g / 1, a / /* comment */ g, a // comment / 2
      / g);
    log("/".split(/\//), "a/b".replace(/[/]/g, "//"), ${"`${/}/.source}`"}.length / 1);`,
  "templates": String.raw`
    const a = 1, tag = ({ raw }, ...values) => [...raw, ...values];
    log(${"`a ${a}  // no comment ${`inner /* ${a + 1} */`}\n  two  spaces \\`  ${{ a }.a}`"});
    log(tag${"`\\u{0} ${a} \\n`"}, ${"``"}, tag${"``"});
    log( typeof${"`x`"}, ${"`${a}${a}`"}, ${"`${(() => { return `}`; })()}`"});`,
  "missing semicolons": `
    let a = 1
    let b = a
    ++a
    log(a, b)
    const f = () => { return
      5 }
    log(f())
    do a++; while (a < 5) log(a)
    do a++
    while (a < 9)
    class A {
      x = 1
      y
      static z = 3
      'quoted' = 4
      static get
      value() { return 1 }
      static
      set = 6
      w = () => this.x
    }
    log({ ...new A(), w: 0 }, A.z, A.value, A.set, new A().w())
    if (a) ; else log("no")
    outer: for (const x of [1, 2]) { log(x); for (;;) { if (x === 1) continue outer
      break outer
    } }
    while (a-- > 5);
    { log(a); while (a > 100); }
    for (; a < 0;);
    switch (f()) { case undefined: break
      default: log("no") }
    debugger
    try { throw a
      a } catch (e) { log(e) }
    const z = () => { throw a
    }
    log(typeof z)`,
  "empty statements": `
    const f = (x) => { if (x) ; else { log("else"); } for (;;) break; if (x) { } else; };
    f(0); f(1);;
    class A { ; x = 1;; y() { ; } ; static { ; } }
    log({ ...new A() }); switch (1) { case 1: log(1); break; default: ; } switch (2) { }`,
  "spaces between tokens": `
    let a = 1, b = 2;
    const o = { in: 1, of: 2, a: 3 };
    log(a + +b, a - -b, a+ ++b, a - --b, +a+ +b, - -a, !-b, ~ ~a, a++ + b, a-- - b, a + + + b, a - - - b);
    log(1 .toFixed(1), 1..toFixed(1), 1.5.toFixed(), 0x1.toString(), 1e3.toFixed(), 1_0 .toFixed(), (1).toFixed());
    log("a" in o, a in [1, 2], 1 in [1, 2], typeof a, typeof(a), void 0, delete o.a, [..."ab"], new Date(0).getTime());
    log(new (class { constructor() { this.x = 1; } })().x, new new Function("this.y = 1")().y, a ? .5 : 1, o?.in);
    for (const x of[1]) log(x); for (const x in{ p: 1 }) log(x);
    const f = async function* () { yield* [1]; yield -1; yield /a/.source; yield [2]; return await null; };
    for await (const x of f()) log(x);
    log(await (async () => { try { return await 1 } finally { log("finally") } })());
    if (a) log("a"); else if (b) log("b"); else log("c");
    log(a < b, a << 1 >> 1 >>> 0, a <! --b, a < !--b,  a ** b, a ?? b, a || b && a, a !== b);`,
  "names that are also keywords elsewhere": `
    const of = 1, get = 2, set = 3, from = 4, as = 5, type = 6, async = (x) => x, target = 7;
    log(async(of), { get, set, async() { return 1; } }.get, from + as + type + target);
    class A { get() { return 1; } set(x) { return x; } static static() { return 2; } async async() { return 3; } }
    log(new A().get(), new A().set(4), A.static(), await new A().async());
    class B { get; set; async; static; static static = 1; }
    log(Object.keys(new B()), B.static);
    for (const of of [[1]]) log(of);
    log({ if: 1, class: 2, new: 3 }.class, { get a() { return 1; }, set a(x) { log(x); } }.a);`,
  "shadowed names": `
    const a = "a", b = "b", c = "c";
    const f = (a, b = a, c = () => a + b) => { const d = c(); { const a = "inner"; log(a, b, d); } return a; };
    log(f(1), f(1, 2), f(1, 2, () => b), a);
    const g = (x = a) => { const a = "body"; return x + a; };
    log(g());
    function h(h) { return h; }
    log(h(1));
    try { throw "e"; } catch (a) { const b = a + c; log(a, b); }
    try { throw ["x", { y: "y" }]; } catch ([a, { y: b }]) { log(a, b); }
    for (const a of [1, 2]) { const b = a; log(a, b, c); for (let a = 0; a < 1; a++) log(a, b); }
    switch (a) { case "a": { const a = 2; log(a); } default: const b = 3; log(a, b); }
    const factorial = function factorial(n) { return n < 2 ? 1 : n * factorial(n - 1); };
    log(factorial(4));
    const Named = class Inner { static self = Inner; static a = a; };
    log(Named.self === Named, Named.a);
    { function a() { return "function"; } log(a()); }
    log(a, typeof d);`,
  "destructuring and shorthand": `
    const source = { a: 1, b: { c: [2, , 3], d: undefined }, e: 4, "f g": 5, 7: 8 };
    const { a, b: { c: [x, ...y], d = a, d: z = d }, "f g": fg, 7: seven, ...rest } = source;
    log({ a, x, y, d, z, fg, seven, rest });
    let e, h = 1;
    ({ e } = source); ({ e: h = 2, missing: e = h } = source); [e, h = 3] = [h];
    log({ e, h, nested: { a, e } });
    const key = "e", { [key]: computed, [key + "x"]: other = key } = source;
    log(computed, other);
    const f = ({ a, b = a, ...more } = {}, [c, { d = c } = {}] = [9]) => ({ a, b, c, d, more });
    log(f(), f({ a: 1, q: 2 }, [3]), f({ a: 1, b: 2 }, [1, { d: 5 }]));
    for (const { a, length = a } of [{ a: 1 }, "xy"]) log(a, length);
    for (const [k, { v }] of Object.entries({ k: { v: 1 } })) log(k, v);
    ({ a: source.a, b: source["e"] } = { a: 7, b: 8 }); log(source.a, source.e);`,
  "properties with the names of variables": `
    const value = 1, name = { value: 2, name: { value } };
    log(name.value, name.name.value, name?.value, name["value"], { value: name.value }, { "value": value });
    const method = { value() { return value; }, get name() { return name.value; }, [value]: value, ["name"]: name };
    log(method.value(), method.name.value, method[1]);
    class A { value = value; static name2 = name.value; [value + 1](value) { return value; } }
    log(new A().value, A.name2, new A()[2](3));
    value: for (const name of [1]) { log(name, value); break value; }`,
  "classes": `
    const x = "outer";
    class A {
      #x = 1; #y; static #count = 0; static #A = "private";
      static { const x = 5; A.#count += x; }
      constructor(y = x) { this.#y = y; A.#count++; }
      get #sum() { return this.#x + this.#y; } set #sum(x) { this.#x = x; }
      #method(x) { return this.#sum + x; }
      get sum() { return this.#method("!"); } set sum(x) { this.#sum = x; }
      static is(o) { return #x in o && !(#y in {}); }
      static get count() { return A.#count + A.#A; }
      inner() {
        const that = this;
        return new (class B { #x = "b"; #z = that.#y; all() { return [this.#x, this.#z]; } })().all();
      }
      *#generate() { yield this.#x; } async *values() { yield* this.#generate(); }
      static async #wait(x) { return await x; } static wait = (x) => A.#wait(x);
    }
    const a = new A(); a.sum = 10;
    log(a.sum, A.is(a), A.count, a.inner(), await A.wait(3), a?.sum);
    for await (const x of a.values()) log(x);
    class C extends A { #x = "c"; constructor() { super("s"); } get sum() { return super.sum + this.#x + x; } }
    log(new C().sum, new C() instanceof A, new (class extends C { x = super.sum; })().x);
    function D() { return new.target === D; } log(new D() instanceof D, typeof arguments);
    class E { static a = 1; static b = this.a + 1; ["c" + x] = 1; }
    log(E.b, Object.keys(new E()));`,
  "closures in loops": `
    const all = [];
    for (let i = 0; i < 3; i++) { const j = i * 2; all.push(() => [i, j], () => { i += 10; return i; }); }
    for (const k in { x: 1, y: 2 }) all.push(() => k);
    for (const v of [1, 2]) { all.push(() => { for (const v of [3]) return v; }, () => v); }
    log(all.map((f) => f()));
    let n = 0; while (n < 2) { const m = n++; all.push(() => m); } log(all.slice(-2).map((f) => f()), n);`,
  "arrow functions": `
    const one = (a) => a, two = (a, b) => a + b, none = () => 1, list = ([a]) => a, named = ({ a }) => a;
    const rest = (...a) => a, preset = (a = 1) => a, object = (a) => ({ a }), nested = (a) => (b) => (c) => a + b + c;
    const wait = async (a) => await a, comma = (a,) => a, commented = (/* ( */ a /* ) */) => a;
    const bare = a => a, both = async a => a, block = (a) => { return { a }; }, twice = (a) => (a, a + 1);
    log(one(1), two(1, 2), none(), list([3]), named({ a: 4 }), rest(5, 6), preset(), object(7), nested(1)(2)(3));
    log(await wait(8), comma(9), commented(10), bare(11), await both(12), block(13), twice(14), ((a) => a)(15));
    log([1, 2].map((a) => a ? (b) => b : null).length, (async (a) => a) instanceof Function);
    log([[1, 2, 3].map((a) => (a > 1 ? a : -a)), (a => (b => a - b)(1))(5)]);`,
  "optional and nullish": `
    const o = { f() { return this?.v; }, v: 1, n: null, a: [1] };
    log(o?.f?.(), o.n?.x.y.z, o?.["v"], o.a?.[0], (o?.f)(), o.n ?? 2, o.x?.(), delete o?.v, o.n?.[o.x]);
    o.n ??= 5; o.z ||= 6; o.n &&= 7; log(o.n, o.z, o ? .1 : 2, o?.5:1);`,
  "names that belong to no module": `
    globalThis.t = "t"; globalThis.e = "e"; globalThis.n = "n";
    const first = 1, second = 2, third = 3, fourth = [t, e, n];
    { const inner = 4, f = (fifth) => [t, fifth, inner]; log(f(5)); }
    log(first, second, third, fourth, typeof missing, typeof undefined, NaN, Infinity);
    delete globalThis.t; delete globalThis.e; delete globalThis.n;`,
  "texts and numbers": String.raw`
    const \u0061b = 1, ä = 2, $ = 3, _ = 4, 变量 = 5;
    log(ab, ä, $, _, 变量, "\u{1f600}", 'it\'s "', "a\
b", 0b11, 0o17, 0xff, 1n, 1_000_000, .5, 5., 1e-7, "a//b", '/* c */', "'", '"');
    log({ ä, "变量": 变量, $: 1 }, ä in [0, 0, 0], $ in [], 1?ä:$);`,
  "comments": `
    /**
     * @param a - Text. {@link f}
     * @returns Text.
     */
    function f(a, b) { return a + b; } // end
    const g = /* @type {Call} */ ((a) => a.length); /***/ /**/
    class A { /** A ; text. */ a = "x" /* ; */; /** @deprecated Text. */ b = 1; /* ; */ c(/* a */ a) { return a; } }
    log(f("a", /* b */ (1)), g("xyz"), { ...new A() }, new A().c(1)); /* last */ // one`,
  "trailing commas and holes": `
    const a = [1, 2,], b = [, 1, , 2, ,], c = { a, b, }, f = (x, y,) => [x, y,], [d, , e,] = [1, 2, 3], { a: g, } = c;
    log(a.length, b.length, [,].length, Object.keys(c), f(1, 2,), d, e, g.length, 2 in b, 4 in b);`,
};
